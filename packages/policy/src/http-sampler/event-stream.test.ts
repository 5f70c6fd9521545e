import { expect, test } from 'vitest';
import { dataOfEvents } from './event-stream.js';

async function read(pieces: readonly (string | Uint8Array)[], maxBytes = 1000): Promise<string[]> {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) {
        controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece);
      }
      controller.close();
    },
  });
  const events: string[] = [];
  for await (const event of dataOfEvents(new Response(body), maxBytes)) events.push(event);
  return events;
}

test('events are whole however the bytes are cut', async () => {
  const whole = new TextEncoder().encode(
    'data: {"a":"ü"}\n\n: note\ndata:b\r\n\r\ndata: [DONE]\n\n',
  );
  expect(await read([whole])).toEqual(['{"a":"ü"}', 'b', '[DONE]']);
  const bytes = Array.from(whole, (byte) => Uint8Array.of(byte));
  expect(await read(bytes)).toEqual(['{"a":"ü"}', 'b', '[DONE]']);
});

test('lines of one event are joined, and other fields left out', async () => {
  expect(await read(['id: 1\ndata: a\ndata: b\n\nevent: x\n\ndata: [DONE]\n\n'])).toEqual([
    'a\nb',
    '[DONE]',
  ]);
});

test('a stream that breaks off or does not end is an error', async () => {
  await expect(read(['data: a\n\ndata: [DO'])).rejects.toThrow('needs the event [DONE]');
  await expect(read(['data: ', 'x'.repeat(50)], 40)).rejects.toThrow('needs at most 40 bytes');
});
