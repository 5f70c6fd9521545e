import type { Message } from '../types.js';

/** A message of a role that every chat endpoint knows. */
export interface PlainMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/**
 * What a tool answered goes to the model as a user's message that says so: endpoints take messages of a
 * tool only with the id of a call, which the messages of an episode do not have.
 */
export function plainMessages(messages: readonly Message[]): PlainMessage[] {
  return messages.map(({ role, content }) =>
    role === 'tool'
      ? { role: 'user', content: `Result of the tool:\n${content}` }
      : { role, content },
  );
}
