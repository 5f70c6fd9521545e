import type { Reward } from '../types.js';
import { type ConversationOptions, judgedOrMeasured } from './judged-or-measured.js';
import { measure, replyFactor } from './measures.js';

const ACTION =
  /\b(?:(?:i|we)(?:['’]ve|['’]ll| have| will| can| am| are)?(?: \w+){0,2}|you can|please|it (?:was|is|has been)) (?:refund|replac|ship|sen[dt]|cancel|check|reset|credit|escalat|updat|track|return|exchang|issu|process|open|reorder|correct|remov|waiv|arrang|book|extend|order|reply)\w*/i;
const EXPECTATION =
  /\b(?:within|in|by|after|takes?) (?:the next )?(?:\d+|one|two|three|four|five|seven|ten|a few)(?:(?: to |-|–)\d+)? (?:business |working )?(?:minutes?|hours?|days?|weeks?)\b|\b(?:today|tomorrow|tonight|right away|now)\b|\bby (?:mon|tues|wednes|thurs|fri|satur|sun)day\b/i;
const COURTESY = /\b(?:sorry|apologi[sz]e|apologies|thank|thanks|please|understand)\b/i;
const BLAME =
  /\b(?:your (?:own )?fault|calm down|you should have|not (?:my|our) problem|read the (?:manual|terms|policy)|as i already (?:said|told))\b/i;
/** What is left of the reward for an answer that blames the customer. */
const BLAME_FACTOR = 0.2;

/**
 * Understands the problem, acts on it, says when, and is courteous:
 *
 *     r = g · (0.3 · coverage + 0.15 · development + 0.3 · action + 0.15 · expectation + 0.1 · courtesy)
 *
 * and a fifth of it where the customer is blamed. Action and expectation count in sentences on the topic
 * alone. Offline it believes what is said: an invented refund scores as a real one, so combine it with a
 * check of the final state. English only. With a judge it is the checklist
 * `conversationRubrics['customer-service']`.
 *
 * @returns a reward from 0 to 1, with its terms as parts
 */
export function customerService({ judge }: ConversationOptions = {}): Reward {
  return judgedOrMeasured('customer-service', judge, (episode) => {
    const measures = measure(episode);
    const { substance, coverage, development, sentences } = measures;
    const said = (pattern: RegExp): number => (sentences.some((one) => pattern.test(one)) ? 1 : 0);
    const action = said(ACTION);
    const expectation = said(EXPECTATION);
    const courtesy = COURTESY.test(episode.completion) ? 1 : 0;
    const sum =
      0.3 * coverage + 0.15 * development + 0.3 * action + 0.15 * expectation + 0.1 * courtesy;
    const blame = BLAME.test(episode.completion) ? BLAME_FACTOR : 1;
    return {
      value: replyFactor(measures) * sum * blame,
      parts: { substance, coverage, development, action, expectation, courtesy },
    };
  });
}
