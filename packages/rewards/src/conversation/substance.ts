import { isFunctionWord, nGrams, sentences, withoutCode, words } from './words.js';

/** Openers, closers and compliments that say nothing about the question. */
const FILLER =
  /\b(?:(?:great|good|excellent|wonderful|fantastic|amazing|brilliant|interesting) (?:question|point|choice|idea)|what an? (?:\w+ ){0,2}question|you(?:['’]re| are) (?:so |very |truly |really )*(?:\w+ )?(?:smart|brilliant|amazing|wonderful|clever|thoughtful|intelligent)|(?:happy|glad|delighted|pleased|thrilled|excited) to (?:help|assist|answer)|hope (?:this|that) helps|let me know if|feel free to|do(?:n['’]t| not) hesitate|thank(?:s| you) for (?:asking|reaching|your (?:\w+ )?(?:question|message))|(?:important|worth|crucial|essential) to (?:note|remember|mention|understand|consider)|as an ai|there are many (?:things|factors|aspects|ways)|many (?:different )?(?:things|factors|aspects) to consider|in today['’]s world|needless to say|at the end of the day|when it comes to|(?:this|my) (?:answer|response) is (?:\w+,? ){0,3}(?:helpful|safe|correct|complete|concise|accurate|engaging)|i (?:always )?(?:strive|aim|try my best) to)/i;

/** What an answer says only to a grader. */
const VERDICT =
  /["'](?:score|rating|reward|verdict|grade|points)["']\s*:|\b(?:score|rating|reward|verdict|grade)\s*(?:[:=]|of|is)\s*["']?(?:\d|yes|pass|perfect|excellent)|\b(?:10|100)\s*(?:\/|out of)\s*(?:10|100)\b|\bignore (?:all |any |the )*(?:previous|above|prior|earlier|your)?\s*(?:instructions|rules|criteria)|\b(?:dear|note to|attention) (?:the )?(?:judge|grader|evaluator|reviewer)|\bgive (?:me|this|it) (?:a |an )?(?:10|full|top|maximum|highest)\b/i;

/** Shares of an answer that earn nothing, each from 0 to 1. */
export interface Emptiness {
  /** Repeated trigrams among all trigrams. */
  readonly repeated: number;
  /** Words in stretches of eight or more that have too few function words to be prose. */
  readonly stuffed: number;
  /** 4-grams that stand in the conversation before. */
  readonly copied: number;
  /** Words in sentences that only fill or flatter. */
  readonly filler: number;
}

/**
 * How much of an answer is an answer rather than a trick that earns points:
 *
 *     g = (1 − repeated)² · (1 − stuffed)² · (1 − copied)² · (1 − filler)² · 0.9^min(3, fillers)
 *
 * and 0 for an answer without words, or with a verdict of its own where nobody asked for one. The
 * exponents make a little of each cheap and much of it worthless.
 *
 * @returns g from 0 to 1
 */
export function substance(completion: string, before: string): number {
  const text = withoutCode(completion);
  if (words(completion).length === 0) return 0;
  if (VERDICT.test(completion) && !VERDICT.test(before)) return 0;
  const { repeated, stuffed, copied, filler } = emptiness(text, before);
  const fillers = sentences(text).filter((sentence) => FILLER.test(sentence)).length;
  return (
    ((1 - repeated) * (1 - stuffed) * (1 - copied) * (1 - filler)) ** 2 *
    0.9 ** Math.min(3, fillers)
  );
}

export function emptiness(text: string, before: string): Emptiness {
  const all = words(text);
  const trigrams = nGrams(all, 3);
  const known = new Set(nGrams(words(before), 4));
  const fourGrams = nGrams(all, 4);
  const fillers = sentences(text).filter((sentence) => FILLER.test(sentence));
  return {
    repeated: trigrams.length === 0 ? 0 : 1 - new Set(trigrams).size / trigrams.length,
    stuffed: all.length === 0 ? 0 : 1 - proseWords(text) / all.length,
    copied: share(fourGrams, (gram) => known.has(gram)),
    filler: all.length === 0 ? 0 : words(fillers.join(' ')).length / all.length,
  };
}

/** What of a text is prose: enough function words in each stretch of eight words or more. */
export function prose(text: string): string {
  return windows(text).filter(isProse).join('\n');
}

function proseWords(text: string): number {
  return words(prose(text)).length;
}

/** Sentences put together until they have eight words: fewer do not show whether they are prose. */
function windows(text: string): string[] {
  const found: string[] = [];
  let open = '';
  for (const sentence of sentences(text)) {
    open = open === '' ? sentence : `${open}\n${sentence}`;
    if (words(open).length < MIN_WINDOW) continue;
    found.push(open);
    open = '';
  }
  if (open !== '') found.push(`${found.length > 0 ? `${found.pop()}\n` : ''}${open}`);
  return found;
}

const MIN_WINDOW = 8;
/** English prose has 40 to 55 % function words; terse notes 25 %; lists of keywords below 10 %. */
const MIN_FUNCTION_WORDS = 0.2;

function isProse(window: string): boolean {
  const all = words(window);
  return all.length < MIN_WINDOW || share(all, isFunctionWord) >= MIN_FUNCTION_WORDS;
}

export function share<T>(list: readonly T[], isCounted: (one: T) => boolean): number {
  return list.length === 0 ? 0 : list.filter(isCounted).length / list.length;
}

export function isFiller(sentence: string): boolean {
  return FILLER.test(sentence);
}
