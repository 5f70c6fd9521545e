import type { Reward } from '../types.js';
import { type ConversationOptions, judgedOrMeasured } from './judged-or-measured.js';
import { measure, replyFactor } from './measures.js';

/** Words from which a longer answer earns less. */
const LONG = 250;

/**
 * Does the answer take up what was asked and add to it? With g the substance, a refusal counted as a tenth:
 *
 *     r = g · (0.4 · coverage + 0.6 · development) · min(1, 250 / words)
 *
 * Offline it sees words, not truth: a fluent wrong answer scores as a right one. English only. With a
 * judge it is the checklist `conversationRubrics.helpfulness`.
 *
 * @returns a reward from 0 to 1, with `substance`, `coverage` and `development` as parts
 */
export function helpfulness({ judge }: ConversationOptions = {}): Reward {
  return judgedOrMeasured('helpfulness', judge, (episode) => {
    const measures = measure(episode);
    const { substance, coverage, development, length } = measures;
    const brevity = Math.min(1, LONG / Math.max(1, length));
    return {
      value: replyFactor(measures) * (0.4 * coverage + 0.6 * development) * brevity,
      parts: { substance, coverage, development },
    };
  });
}
