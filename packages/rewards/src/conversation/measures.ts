import { promptOf } from '../judges/show-episode.js';
import type { Episode } from '../types.js';
import { isFiller, prose, share, substance } from './substance.js';
import { contentWords, sentences, withoutCode, words } from './words.js';

/** What the offline rewards look at, each from 0 to 1 unless it says otherwise. */
export interface Measures {
  /** g of `substance`, times ½ to 1 by how much of the answer keeps to the topic. */
  readonly substance: number;
  /** Content words of the user's last message that the answer takes up; 1 from two in five. */
  readonly coverage: number;
  /** 1 − exp(−n / 6), n the content words that the answer adds to the conversation. */
  readonly development: number;
  readonly isRefusal: boolean;
  /** Sentences of prose that keep to the topic and are no filler. */
  readonly sentences: readonly string[];
  /** Stems of the user's last message. */
  readonly topic: ReadonlySet<string>;
  /** Stems of the whole conversation before the answer. */
  readonly known: ReadonlySet<string>;
  /** Words of the answer. */
  readonly length: number;
  /** The user's last message. */
  readonly request: string;
}

const ENOUGH_COVERAGE = 0.4;
const DEVELOPMENT_SCALE = 6;
const REFUSAL =
  /\b(?:i|we)(?:['’]m| am|['’]re| are)?\s*(?:sorry,? (?:but )?i\s*)?(?:can(?:no|['’])t|can not|could not|won['’]t|will not|must (?:decline|refuse)|(?:am |are )?(?:not able|unable|not allowed) to|have to (?:decline|refuse)|refuse to|decline to)\b/i;
/** Content words beside which a "cannot" no longer makes an answer a refusal. */
const MAX_REFUSAL_WORDS = 14;

export function measure(episode: Episode): Measures {
  const prompt = promptOf(episode);
  const before = prompt.map(({ content }) => content).join('\n');
  const request = prompt.filter(({ role }) => role === 'user').at(-1)?.content ?? before;
  const text = withoutCode(episode.completion);
  const topic = new Set(contentWords(request));
  const known = new Set(contentWords(before));
  const candidates = sentences(prose(text)).filter((sentence) => !isFiller(sentence));
  const { related, focus } = onTopic(candidates, topic);
  const answered = new Set(contentWords(related.join('\n')));
  const added = [...answered].filter((word) => !known.has(word)).length;
  const taken = share([...topic], (word) => answered.has(word));
  return {
    substance: substance(episode.completion, before) * (0.5 + 0.5 * focus),
    coverage: topic.size === 0 ? 1 : Math.min(1, taken / ENOUGH_COVERAGE),
    development: 1 - Math.exp(-added / DEVELOPMENT_SCALE),
    isRefusal: REFUSAL.test(sentences(text).slice(0, 2).join(' ')) && added <= MAX_REFUSAL_WORDS,
    sentences: related,
    topic,
    known,
    length: words(episode.completion).length,
    request,
  };
}

/**
 * Sentences that share a content word with the request, or with a sentence that does: a thought goes on from
 * one sentence to the next. Short sentences ("Then save it.") are taken with their neighbour.
 */
function onTopic(candidates: readonly string[], topic: ReadonlySet<string>) {
  const reached = new Set(topic);
  const related: string[] = [];
  let relatedWords = 0;
  let allWords = 0;
  let wasRelated = topic.size === 0;
  for (const sentence of candidates) {
    const stems = contentWords(sentence);
    const isRelated = stems.some((word) => reached.has(word)) || (wasRelated && stems.length <= 3);
    allWords += stems.length;
    wasRelated = isRelated || topic.size === 0;
    if (!wasRelated) continue;
    related.push(sentence);
    relatedWords += stems.length;
    for (const word of stems) reached.add(word);
  }
  return { related, focus: allWords === 0 ? 0 : relatedWords / allWords };
}

/** What is left of a reward for a refusal of a request that nothing speaks against. */
export const REFUSAL_FACTOR = 0.1;

/** The factor that every measure of a reply to the request is multiplied by. */
export function replyFactor({ substance: g, isRefusal }: Measures): number {
  return g * (isRefusal ? REFUSAL_FACTOR : 1);
}
