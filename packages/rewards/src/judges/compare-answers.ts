import type { Judge, JudgeQuestion, Message, Verdict } from '../types.js';
import { quoteUntrusted } from './quote-untrusted.js';
import { readWord } from './read-fields.js';
import { showMessages } from './show-episode.js';

/** Two answers to one conversation. */
export interface Pair {
  readonly prompt: readonly Message[];
  readonly first: string;
  readonly second: string;
}

const SCHEMA = {
  type: 'object',
  properties: {
    reasoning: {
      type: 'string',
      description: 'How the answers differ, in at most three sentences.',
    },
    better: { type: 'string', enum: ['A', 'B', 'tie'] },
  },
  required: ['reasoning', 'better'],
  additionalProperties: false,
};

/**
 * Asks which of two answers is better, in both orders, since judges favour a place. An answer wins only if
 * it is preferred in both; all else is a tie. Zheng et al. 2023, section 3.4,
 * https://arxiv.org/abs/2306.05685. Equal answers tie without a call.
 *
 * @returns 1 if the first is better, 0 if the second is, 0.5 for a tie; unavailable if either call is
 */
export async function compareAnswers(
  judge: Judge,
  criteria: string,
  { prompt, first, second }: Pair,
  signal?: AbortSignal,
): Promise<Verdict<number>> {
  if (first === second) return { value: 0.5 };
  const [forth, back] = await Promise.all([
    judge.ask(question(criteria, prompt, first, second), signal),
    judge.ask(question(criteria, prompt, second, first), signal),
  ]);
  if ('unavailable' in forth) return forth;
  if ('unavailable' in back) return back;
  if (forth.value === 'A' && back.value === 'B') return { value: 1 };
  return { value: forth.value === 'B' && back.value === 'A' ? 0 : 0.5 };
}

function question(
  criteria: string,
  prompt: readonly Message[],
  a: string,
  b: string,
): JudgeQuestion<'A' | 'B' | 'tie'> {
  return {
    instructions:
      `You compare two answers to one conversation by these criteria:\n${criteria}\n\nTheir order and ` +
      'their length say nothing. Say tie if neither is better.',
    material: [
      `The conversation so far:\n${showMessages(prompt)}`,
      `Answer A:\n${quoteUntrusted('A', a)}`,
      `Answer B:\n${quoteUntrusted('B', b)}`,
    ].join('\n\n'),
    schema: SCHEMA,
    read: (answer) => readWord(answer, 'better', ['A', 'B', 'tie']),
  };
}
