import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import type { Tokenizer } from '../types.js';

/**
 * A tokenizer from the contents of a Hugging Face folder.
 *
 * @param textFiles needs tokenizer.json; tokenizer_config.json is used where present
 * @throws if tokenizer.json is missing or damaged; the message names it
 */
export function createTokenizer(textFiles: ReadonlyMap<string, string>): Tokenizer {
  const tokenizerJson = parse(textFiles, 'tokenizer.json');
  if (tokenizerJson === undefined) {
    throw new Error(
      'createTokenizer: needs tokenizer.json, got none. Copy it into the model folder; save_pretrained of a tokenizer of transformers writes it.',
    );
  }
  // Off unless asked for, as in transformers 5: sampled text is not rewritten.
  const config: Record<string, unknown> = {
    clean_up_tokenization_spaces: false,
    ...tokenizerConfig(textFiles),
  };
  const tokenizer = construct(tokenizerJson, config);
  return {
    encode: (text, { addSpecialTokens = false } = {}) => {
      const { ids, tokens } = tokenizer.encode(text, { add_special_tokens: addSpecialTokens });
      const unknown = (ids as (number | undefined)[]).indexOf(undefined);
      if (unknown >= 0) {
        throw new Error(
          `encode: needs text of the tokenizer's vocabulary, got "${tokens[unknown]}". Remove it from the text or use another tokenizer.`,
        );
      }
      return [...ids];
    },
    decode: (ids, { skipSpecialTokens = false } = {}) =>
      ids.length === 0
        ? ''
        : tokenizer.decode([...ids], { skip_special_tokens: skipSpecialTokens }),
    tokenId: (token) => tokenizer.token_to_id(token),
    vocabularySize: tokenizer.get_vocab(true).size,
    cleansUpSpaces: config.clean_up_tokenization_spaces === true,
  };
}

function construct(json: object, config: object): HuggingFaceTokenizer {
  try {
    return new HuggingFaceTokenizer(json, config);
  } catch (error) {
    throw new Error(
      `createTokenizer: needs the description of a tokenizer in tokenizer.json, got "${(error as Error).message}" from it. The file is damaged or of a kind that is not supported.`,
    );
  }
}

/** The parsed tokenizer_config.json, or an empty object. */
export function tokenizerConfig(textFiles: ReadonlyMap<string, string>): Record<string, unknown> {
  return (parse(textFiles, 'tokenizer_config.json') ?? {}) as Record<string, unknown>;
}

/** Every id that ends a turn, from generation_config.json: one id, a list, or none. */
export function generationStopIds(textFiles: ReadonlyMap<string, string>): readonly number[] {
  const config = (parse(textFiles, 'generation_config.json') ?? {}) as { eos_token_id?: unknown };
  const ids: unknown[] = [config.eos_token_id ?? []].flat();
  return ids.map((id) => {
    if (typeof id === 'number' && Number.isInteger(id) && id >= 0) return id;
    throw new Error(
      `createChatFormat: needs token ids as eos_token_id of generation_config.json, got ${JSON.stringify(id)}. Write one id or a list of ids.`,
    );
  });
}

function parse(textFiles: ReadonlyMap<string, string>, name: string): object | undefined {
  const text = textFiles.get(name);
  if (text === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
    throw new Error(`${text.slice(0, 20)}, which is no object`);
  } catch (error) {
    throw new Error(
      `createTokenizer: needs JSON in ${name}, got ${(error as Error).message}. The file is damaged: copy it again.`,
    );
  }
}
