import type { Episode, Message } from './types.js';

/**
 * The model's own messages in an episode: those of the assistant after the prompt.
 *
 * @example
 * modelTurns(episode).map(({ content }) => content.length);
 */
export function modelTurns({ messages, promptLength = 0 }: Episode): readonly Message[] {
  return messages.slice(promptLength).filter(({ role }) => role === 'assistant');
}
