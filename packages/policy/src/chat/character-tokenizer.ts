/** What a character tokenizer is made of. */
export interface CharacterTokenizerOptions {
  /** Every character that text may hold, each once. */
  readonly characters: string;
  /** Whole tokens beside the characters, such as turn markers. They are kept when ids are decoded. */
  readonly tokens: readonly string[];
  /** One of `tokens`, for padding. */
  readonly padToken: string;
  /** One of `tokens`, which ends the model's turn. */
  readonly endToken: string;
  /** Jinja text that lays a conversation out; see `createChatFormat`. */
  readonly chatTemplate: string;
}

/**
 * The tokenizer files of a model that reads text character by character, in Hugging Face's format.
 * Tokens take the first ids, in order; characters follow. Text with any other character cannot be encoded.
 *
 * @returns tokenizer.json and tokenizer_config.json by name
 */
export function characterTokenizerFiles({
  characters,
  tokens,
  padToken,
  endToken,
  chatTemplate,
}: CharacterTokenizerOptions): Map<string, string> {
  const entries = [...tokens, ...characters];
  if (new Set(entries).size !== entries.length) {
    throw new Error(
      'characterTokenizerFiles: needs every character and token once, got a repeated one. Remove it.',
    );
  }
  for (const token of [padToken, endToken]) {
    if (!tokens.includes(token)) {
      throw new Error(
        `characterTokenizerFiles: needs "${token}" among the tokens, got ${tokens.join(' ')}.`,
      );
    }
  }
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: tokens.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Split',
      pattern: { String: '' },
      behavior: 'Isolated',
      invert: false,
    },
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(entries.map((entry, id) => [entry, id])),
      unk_token: '<unk>', // not in the vocabulary: an unknown character is an error
    },
  };
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    pad_token: padToken,
    eos_token: endToken,
    clean_up_tokenization_spaces: false,
    chat_template: chatTemplate,
  };
  return new Map([
    ['tokenizer.json', `${JSON.stringify(tokenizer, null, 2)}\n`],
    ['tokenizer_config.json', `${JSON.stringify(config, null, 2)}\n`],
  ]);
}
