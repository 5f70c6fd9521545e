import type { StreamDecoder, Tokenizer } from '../types.js';

/** What a character that is not whole yet decodes to. */
const REPLACEMENT = /\uFFFD+$/;
/** As above, with what a tokenizer that cleans up (` n't`, ` 've`, ` ' `) could still write otherwise. */
const REWRITABLE = /(?:[ ']\S{0,2})?\uFFFD*$/;

/**
 * Decodes ids as they are sampled. A token may end within a character (bytes) and may be written
 * differently at the start of a text (leading spaces), so each token is decoded behind the ones before it, and text
 * is given out only once no later token can change it.
 *
 * All pieces together, with that of `flush`, are `tokenizer.decode` of all ids. Only the tokens since the last whole
 * character, and the piece before them, are kept and decoded again.
 *
 * @example
 * const stream = createStreamDecoder(tokenizer);
 * for (const id of ids) process.stdout.write(stream.push(id));
 * process.stdout.write(stream.flush());
 */
export function createStreamDecoder(tokenizer: Tokenizer): StreamDecoder {
  const open = tokenizer.cleansUpSpaces ? REWRITABLE : REPLACEMENT;
  let context: readonly number[] = []; // ids whose text has been given out
  let held: number[] = []; // ids since then
  let given = 0; // characters given out of the text of both

  const take = (text: string): string => {
    const piece = text.slice(given);
    given = Math.max(given, text.length);
    return piece;
  };
  return {
    push: (id) => {
      held.push(id);
      const text = tokenizer.decode([...context, ...held]);
      const whole = text.replace(open, '');
      const piece = take(whole);
      if (whole.length === text.length && piece !== '') {
        context = held;
        held = [];
        given = tokenizer.decode(context).length;
      }
      return piece;
    },
    flush: () => {
      const piece = take(tokenizer.decode([...context, ...held]));
      context = [];
      held = [];
      given = 0;
      return piece;
    },
  };
}
