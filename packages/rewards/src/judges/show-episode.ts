import type { Episode, Message } from '../types.js';
import { quoteUntrusted } from './quote-untrusted.js';

/** The conversation before the model's last message. */
export function promptOf({ messages, completion }: Episode): readonly Message[] {
  const last = messages.at(-1);
  return last?.role === 'assistant' && last.content === completion
    ? messages.slice(0, -1)
    : messages;
}

/** A conversation for a judge to read, each message quoted under its role. */
export function showMessages(messages: readonly Message[]): string {
  return messages.map(({ role, content }) => quoteUntrusted(role, content)).join('\n');
}

/** What a judge is shown of an episode: the conversation, the answer to judge, and a reference if there is one. */
export function showEpisode(episode: Episode, reference?: string): string {
  const shown = [
    `The conversation so far:\n${showMessages(promptOf(episode))}`,
    `The answer to judge:\n${quoteUntrusted('answer', episode.completion)}`,
  ];
  if (reference !== undefined) {
    shown.push(`A reference answer, which is right:\n${quoteUntrusted('reference', reference)}`);
  }
  return shown.join('\n\n');
}

/** A column of the row as a reference; undefined where there is none, or it is no text. */
export function referenceOf({ row }: Episode, column: string | undefined): string | undefined {
  const value = column !== undefined && Object.hasOwn(row, column) ? row[column] : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
