import type { Message } from '@grpo/rewards';
import { Template } from '@huggingface/jinja';
import { createTokenizer, tokenizerConfig } from './tokenizer.js';
import type { ChatFormat, Tokenizer } from './types.js';

/**
 * The chat format of a model folder: its chat template (chat_template.jinja, or the entry in
 * tokenizer_config.json) and its end-of-turn token.
 *
 * @throws if there is no template, no end token, or a text that the tokenizer cannot encode
 */
export function createChatFormat(
  textFiles: ReadonlyMap<string, string>,
  tokenizer: Tokenizer = createTokenizer(textFiles),
): ChatFormat {
  const config = tokenizerConfig(textFiles);
  const source = textFiles.get('chat_template.jinja') ?? config.chat_template;
  if (typeof source !== 'string') {
    throw new Error(
      'createChatFormat: needs a chat template, got none in chat_template.jinja or tokenizer_config.json. Add one to the model folder.',
    );
  }
  const template = new Template(source);
  const specialTokens = {
    bos_token: tokenText(config.bos_token) ?? '',
    eos_token: tokenText(config.eos_token) ?? '',
    pad_token: tokenText(config.pad_token) ?? '',
  };
  const stopId = tokenizer.tokenId(specialTokens.eos_token);
  if (stopId === undefined) {
    throw new Error(
      `createChatFormat: needs an eos_token of the vocabulary, got "${specialTokens.eos_token}". Correct tokenizer_config.json.`,
    );
  }
  return {
    stopIds: [stopId],
    encodePrompt: (messages) => tokenizer.encode(render(template, messages, specialTokens)),
    decodeCompletion: (ids) => tokenizer.decode(ids.at(-1) === stopId ? ids.slice(0, -1) : ids),
  };
}

function render(
  template: Template,
  messages: readonly Message[],
  specialTokens: Readonly<Record<string, string>>,
): string {
  return template.render({
    messages: [...messages],
    add_generation_prompt: true,
    ...specialTokens,
  });
}

/** Special tokens are written as text, or as an object that holds it. */
function tokenText(token: unknown): string | undefined {
  if (typeof token === 'string') return token;
  const content = (token as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}
