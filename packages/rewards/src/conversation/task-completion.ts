import type { Episode, Reward } from '../types.js';
import { type ConversationOptions, judgedOrMeasured } from './judged-or-measured.js';
import { type Measures, measure, replyFactor } from './measures.js';
import { share } from './substance.js';
import { contentWords, sentences } from './words.js';

/** Options of `taskCompletion`. */
export interface TaskCompletionOptions extends ConversationOptions {
  /** The column of the row with a list of what must be done, a text each. Default criteria. */
  readonly column?: string;
}

/** Share of a demand's content words that one sentence must take up. */
const TAKEN_UP = 0.5;
/** What is left where the episode was cut off rather than ended. */
const CUT_OFF = 0.5;

/**
 * Deals with every part of the task:
 *
 *     r = g · (parts dealt with / parts) · (0.5 + 0.5 · development) · (½ if the episode was cut off else 1)
 *
 * The parts are the texts in the row's column, or else the user's last message cut at sentences and "and". A
 * part is dealt with if one sentence of prose takes up half of its content words and adds one that the
 * conversation did not have. English only, and by words: "I have not done it" passes for done. Where the
 * state of the world can be checked, check it (the environment's reward) instead. With a judge it is the
 * checklist `conversationRubrics['task-completion']`.
 *
 * @returns a reward from 0 to 1, with `substance`, `done` and `development` as parts
 */
export function taskCompletion({ judge, column = 'criteria' }: TaskCompletionOptions = {}): Reward {
  return judgedOrMeasured('task-completion', judge, (episode) => {
    const measures = measure(episode);
    const { substance, development } = measures;
    const done = share(demandsOf(episode, column, measures), (demand) => isMet(demand, measures));
    const ended = episode.end === 'terminated' ? 1 : CUT_OFF;
    return {
      value: replyFactor(measures) * done * (0.5 + 0.5 * development) * ended,
      parts: { substance, done, development },
    };
  });
}

function demandsOf({ row }: Episode, column: string, { request }: Measures): string[] {
  const listed = Object.hasOwn(row, column) ? row[column] : undefined;
  const texts = Array.isArray(listed)
    ? listed.filter((text) => typeof text === 'string')
    : sentences(request).flatMap((sentence) => sentence.split(/,? and |;/i));
  const demands = texts.filter((text) => contentWords(text).length > 0);
  return demands.length > 0 ? demands : [request];
}

function isMet(demand: string, { sentences: related, known }: Measures): boolean {
  const wanted = [...new Set(contentWords(demand))];
  return related.some((sentence) => {
    const said = new Set(contentWords(sentence));
    return (
      share(wanted, (word) => said.has(word)) >= TAKEN_UP &&
      [...said].some((word) => !known.has(word))
    );
  });
}
