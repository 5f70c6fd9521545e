import type { Reward } from '../types.js';
import { type ConversationOptions, judgedOrMeasured } from './judged-or-measured.js';
import { measure, replyFactor } from './measures.js';

/** Options of `conciseness`. */
export interface ConcisenessOptions extends ConversationOptions {
  /** Words up to which nothing is lost. Default 80. */
  readonly words?: number;
}

/** A short answer says enough from here on. */
const ENOUGH = 0.75;

/**
 * Says enough, in few words:
 *
 *     r = g · min(1, (0.4 · coverage + 0.6 · development) / 0.75) · min(1, words₀ / words)
 *
 * Brevity multiplies what was said, so saying nothing is not concise. English only. With a judge it is the
 * checklist `conversationRubrics.conciseness`.
 *
 * @returns a reward from 0 to 1, with `substance`, `content` and `brevity` as parts
 * @throws RangeError if words is not positive
 */
export function conciseness({ judge, words = 80 }: ConcisenessOptions = {}): Reward {
  if (!(words > 0)) {
    throw new RangeError(`conciseness: words must be positive, got ${words}. Leave it out for 80.`);
  }
  return judgedOrMeasured('conciseness', judge, (episode) => {
    const measures = measure(episode);
    const { substance, coverage, development, length } = measures;
    const content = Math.min(1, (0.4 * coverage + 0.6 * development) / ENOUGH);
    const brevity = Math.min(1, words / Math.max(1, length));
    return {
      value: replyFactor(measures) * content * brevity,
      parts: { substance, content, brevity },
    };
  });
}
