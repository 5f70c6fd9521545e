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
  const render = (messages: readonly Message[], prompt: boolean) =>
    template.render({
      messages: [...messages],
      add_generation_prompt: prompt,
      ...specialTokens,
    });
  return {
    stopIds: [stopId],
    encodePrompt: (messages) => tokenizer.encode(render(messages, true)),
    encodeContinuation: (before, added) => {
      const whole = render([...before, ...added], true);
      const answered = render(before, false);
      const end = answered.lastIndexOf(specialTokens.eos_token) + specialTokens.eos_token.length;
      if (!whole.startsWith(answered.slice(0, end))) {
        throw new Error(
          'encodeContinuation: needs a chat template that leaves earlier turns as they were, got one that rewrites them. Use a training template that only appends.',
        );
      }
      return tokenizer.encode(whole.slice(end));
    },
    encodeCompletion: (text) => [...tokenizer.encode(text), stopId],
    decodeCompletion: (ids) => tokenizer.decode(ids.at(-1) === stopId ? ids.slice(0, -1) : ids),
  };
}

/** Special tokens are written as text, or as an object that holds it. */
function tokenText(token: unknown): string | undefined {
  if (typeof token === 'string') return token;
  const content = (token as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}
