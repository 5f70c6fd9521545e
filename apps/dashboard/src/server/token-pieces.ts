import { createStreamDecoder, createTokenizer, readTextFiles, type Tokenizer } from '@grpo/policy';

/**
 * The text that each token adds, special tokens included. A character of several tokens stands at its last one; all
 * pieces together are the decoded text.
 *
 * @param ids [T]
 * @returns [T]
 */
export function tokenPieces(ids: readonly number[], tokenizer: Tokenizer): string[] {
  const stream = createStreamDecoder(tokenizer);
  const pieces = ids.map((id) => stream.push(id));
  if (pieces.length > 0) pieces[pieces.length - 1] += stream.flush();
  return pieces;
}

/** The tokenizer in the first of some folders that holds one that can be read. */
export function tokenizerIn(folders: readonly string[]): Tokenizer | undefined {
  for (const folder of folders) {
    try {
      return createTokenizer(readTextFiles(folder));
    } catch {
      // A folder that is being removed, or a tokenizer of another kind: an older one may do.
    }
  }
  return undefined;
}
