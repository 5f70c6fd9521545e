/** English words that carry grammar rather than content. Prose is full of them; lists of keywords are not. */
const FUNCTION_WORDS = new Set(
  (
    'a about above after again all also although always am an and any are as at be because been before ' +
    'being below between both but by can cannot could did do does doing done down during each either ' +
    'else even ever every few for from further get got had has have having he her here hers him his how ' +
    'however i if in into is it its itself just let like may me might mine more most much must my ' +
    'neither no nor not now of off often on once one only or other our ours out over own per please ' +
    'rather same shall she should since so some still such than that the their theirs them then there ' +
    'these they this those though through to too under until up upon us very was we well were what when ' +
    'where whether which while who whom whose why will with within without would yes yet you your yours'
  ).split(' '),
);

const WORD = /[\p{L}\p{M}\p{N}]+/gu;

/** The words of a text in lower case; `don't` gives `dont`, so that a contraction is one word. */
export function words(text: string): string[] {
  return text.replace(/['’]/g, '').toLowerCase().match(WORD) ?? [];
}

/** Contractions have lost their apostrophe by then. */
const CONTRACTION = /^(?:i|you|we|they|he|she|it|that|there|what|who)(?:m|re|ve|ll|d|s)$|nt$/;

export function isFunctionWord(word: string): boolean {
  return FUNCTION_WORDS.has(word) || CONTRACTION.test(word);
}

/** The words that carry content, cut to a rough stem, so that `refunds` meets `refunded`. */
export function contentWords(text: string): string[] {
  return words(text)
    .filter((word) => !isFunctionWord(word))
    .map(stem);
}

function stem(word: string): string {
  const cut = word.replace(/(?:ing|edly|ed|es|s|ly|e)$/, '');
  return cut.length >= 3 ? cut : word;
}

/** Sentences and lines that say something. */
export function sentences(text: string): string[] {
  return text.split(/(?<=[.!?])\s+|\n+/).filter((sentence) => words(sentence).length > 0);
}

/** Beyond so many characters an answer is not looked at, so that none holds the event loop for long. */
const MAX_CHARACTERS = 20_000;

/** What the measures look at: the first 20 000 characters without code, which is neither prose nor stuffing. */
export function withoutCode(text: string): string {
  return text.slice(0, MAX_CHARACTERS).replace(/```.*?(?:```|$)/gs, ' ');
}

/** The n-grams of a list of words. */
export function nGrams(list: readonly string[], n: number): string[] {
  return list
    .slice(0, Math.max(0, list.length - n + 1))
    .map((_, i) => list.slice(i, i + n).join(' '));
}
