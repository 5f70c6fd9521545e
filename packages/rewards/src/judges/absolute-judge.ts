import type { Judge, Reward } from '../types.js';
import { readNumber } from './read-fields.js';
import { referenceOf, showEpisode } from './show-episode.js';
import { verdictResult } from './verdict-result.js';

/** Options of `absoluteJudge`. */
export interface AbsoluteJudgeOptions {
  /** What makes an answer good, in sentences. */
  readonly criteria: string;
  /** Name of the reward. Default judge. */
  readonly name?: string;
  /** The scale that the judge is asked to use. Default 1 to 10. */
  readonly low?: number;
  readonly high?: number;
  /** A column of the row with a right answer, which the judge is shown. */
  readonly reference?: string;
}

/**
 * A judge that gives one answer one score s on a scale:
 *
 *     r = (s − low) / (high − low)
 *
 * Zheng et al., "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena", 2023, section 3.1,
 * https://arxiv.org/abs/2306.05685. The judge reasons before it scores. A score outside the scale is asked
 * for again, never clipped.
 *
 * @returns a reward from 0 to 1; null where the judge is unavailable
 * @throws RangeError if low is not below high
 */
export function absoluteJudge(
  judge: Judge,
  { criteria, name = 'judge', low = 1, high = 10, reference }: AbsoluteJudgeOptions,
): Reward {
  if (!(low < high && Number.isFinite(high - low))) {
    throw new RangeError(
      `absoluteJudge: low must be below high, got ${low} and ${high}. Use 1 and 10, or 0 and 1.`,
    );
  }
  const schema = {
    type: 'object',
    properties: {
      reasoning: {
        type: 'string',
        description: 'What is good and bad, in at most three sentences.',
      },
      score: { type: 'number', description: `${low} (worst) to ${high} (best)` },
    },
    required: ['reasoning', 'score'],
    additionalProperties: false,
  };
  const instructions =
    `You judge the last answer of an assistant on a scale from ${low} (worst) to ${high} (best) by these ` +
    `criteria:\n${criteria}\n\nA longer answer is not a better one. Use the whole scale.`;
  return {
    name,
    fn: async (episode, call) => {
      const material = showEpisode(episode, referenceOf(episode, reference));
      const read = (answer: unknown): number => readNumber(answer, 'score', low, high);
      const verdict = await judge.ask({ instructions, material, schema, read }, call?.signal);
      return verdictResult(verdict, (score) => ({ value: (score - low) / (high - low) }));
    },
  };
}
