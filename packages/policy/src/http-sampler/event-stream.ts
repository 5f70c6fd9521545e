import { piecesOf } from './poster.js';

/**
 * The data of server-sent events, one string per event.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 *
 * @throws if the stream ends before the event `[DONE]`
 */
export async function* dataOfEvents(response: Response, maxBytes: number): AsyncGenerator<string> {
  let text = '';
  let data: string[] = [];
  for await (const piece of piecesOf(response, maxBytes)) {
    text += piece;
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    text = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
      if (line !== '' || data.length === 0) continue;
      const event = data.join('\n');
      data = [];
      yield event;
      if (event === '[DONE]') return;
    }
  }
  throw new Error('needs the event [DONE] at the end, got none. It broke off');
}
