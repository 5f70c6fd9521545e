import type { Reward } from '../types.js';
import { type ConversationOptions, judgedOrMeasured } from './judged-or-measured.js';
import { type Measures, measure, replyFactor } from './measures.js';
import { contentWords, sentences, withoutCode, words } from './words.js';

/** More questions than this are an interrogation. */
const MAX_QUESTIONS = 2;

/**
 * Takes the user's particulars up, speaks to the user, and opens a way to go on:
 *
 *     r = g · (0.35 · coverage + 0.35 · development + 0.2 · invitation + 0.1 · address)
 *
 * `invitation` is 1 if one or two questions are asked, one of them of four words or more about the topic;
 * `address` is 1 if a sentence on the topic says you or your. Compliments are filler and lower g. English
 * only. With a judge it is the checklist `conversationRubrics.engagement`.
 *
 * @returns a reward from 0 to 1, with its terms as parts
 */
export function engagement({ judge }: ConversationOptions = {}): Reward {
  return judgedOrMeasured('engagement', judge, (episode) => {
    const measures = measure(episode);
    const { substance, coverage, development } = measures;
    const invitation = invites(measures, episode.completion) ? 1 : 0;
    const address = measures.sentences.some((sentence) => /\byou(?:r|rs)?\b/i.test(sentence))
      ? 1
      : 0;
    const sum = 0.35 * coverage + 0.35 * development + 0.2 * invitation + 0.1 * address;
    return {
      value: replyFactor(measures) * sum,
      parts: { substance, coverage, development, invitation, address },
    };
  });
}

function invites({ sentences: related, topic, known }: Measures, completion: string): boolean {
  const isQuestion = (sentence: string): boolean => sentence.trimEnd().endsWith('?');
  if (sentences(withoutCode(completion)).filter(isQuestion).length > MAX_QUESTIONS) return false;
  const said = new Set(related.filter((one) => !isQuestion(one)).flatMap(contentWords));
  return related.some((sentence) => {
    const stems = contentWords(sentence);
    return (
      isQuestion(sentence) &&
      words(sentence).length >= 4 &&
      stems.some((word) => topic.has(word) || said.has(word)) &&
      stems.some((word) => !known.has(word)) // a question that only hands the user's own back is none
    );
  });
}
