import type { Tokenizer, TokenSequence } from '../types.js';
import type { TextSpan } from './generation-blocks.js';
import { createStreamDecoder } from './stream-decoder.js';

/** What the bytes of a character that is not whole decode to. */
const BROKEN = '\uFFFD';

/**
 * Encodes a text as a whole and marks the tokens that hold any of the given characters, as
 * `return_assistant_tokens_mask` of transformers does. Departure: of a last character that several tokens share,
 * all are marked and not the first alone.
 *
 * @param spans in order, not overlapping
 * @throws if the tokens do not give the text back, so that nothing tells which character is where
 */
export function encodeSpans(
  tokenizer: Tokenizer,
  text: string,
  spans: readonly TextSpan[],
): TokenSequence {
  const ids = tokenizer.encode(text);
  const mask: boolean[] = [];
  const stream = createStreamDecoder(tokenizer);
  let decoded = '';
  let start = 0; // of the characters that the tokens since the last mark are parts of
  let held: number[] = []; // the tokens since one ended where a character does
  const markUpTo = (token: number, end: number) => {
    const isOwn = spans.some((span) => span.start < end && span.end > start);
    while (mask.length <= token) mask.push(isOwn);
    start = decoded.length;
  };
  for (const [t, id] of ids.entries()) {
    const piece = stream.push(id);
    decoded += piece;
    held.push(id);
    if (piece === '') continue;
    // A token may hold whole characters and the first bytes of the next one, which is then its as well.
    const isCut = !piece.endsWith(BROKEN) && tokenizer.decode(held).endsWith(BROKEN);
    markUpTo(t, decoded.length + (isCut ? 1 : 0));
    if (!isCut) held = [];
  }
  decoded += stream.flush();
  markUpTo(ids.length - 1, decoded.length);
  if (decoded !== text) {
    throw new Error(
      `encodeConversation: needs a tokenizer that gives back the text it encodes, got ${JSON.stringify(decoded.slice(0, 60))} for ${JSON.stringify(text.slice(0, 60))}. Use a chat template without {% generation %}: then the turns are encoded one by one.`,
    );
  }
  return { ids, mask };
}
