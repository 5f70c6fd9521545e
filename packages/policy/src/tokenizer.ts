import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import type { Tokenizer } from './types.js';

/**
 * A tokenizer from the contents of a Hugging Face folder.
 *
 * @param textFiles needs tokenizer.json; tokenizer_config.json is used where present
 * @throws if tokenizer.json is missing or damaged
 */
export function createTokenizer(textFiles: ReadonlyMap<string, string>): Tokenizer {
  const tokenizerJson = parse(textFiles, 'tokenizer.json');
  if (tokenizerJson === undefined) {
    throw new Error(
      'createTokenizer: needs tokenizer.json, got none. Copy it into the model folder.',
    );
  }
  const config = parse(textFiles, 'tokenizer_config.json') ?? {};
  const tokenizer = new HuggingFaceTokenizer(tokenizerJson, config);
  return {
    encode: (text) => {
      const { ids, tokens } = tokenizer.encode(text, { add_special_tokens: false });
      const unknown = (ids as (number | undefined)[]).indexOf(undefined);
      if (unknown >= 0) {
        throw new Error(
          `encode: needs text of the tokenizer's vocabulary, got "${tokens[unknown]}". Remove it from the text or use another tokenizer.`,
        );
      }
      return [...ids];
    },
    decode: (ids) =>
      ids.length === 0 ? '' : tokenizer.decode([...ids], { skip_special_tokens: false }),
    tokenId: (token) => tokenizer.token_to_id(token),
    vocabularySize: tokenizer.get_vocab(true).size,
  };
}

/** The parsed tokenizer_config.json, or an empty object. */
export function tokenizerConfig(textFiles: ReadonlyMap<string, string>): Record<string, unknown> {
  return (parse(textFiles, 'tokenizer_config.json') ?? {}) as Record<string, unknown>;
}

function parse(textFiles: ReadonlyMap<string, string>, name: string): object | undefined {
  const text = textFiles.get(name);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch (error) {
    throw new Error(
      `createTokenizer: needs JSON in ${name}, got ${(error as Error).message}. The file is damaged: copy it again.`,
    );
  }
}
