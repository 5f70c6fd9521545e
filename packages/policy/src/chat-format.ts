import type { Message } from '@grpo/rewards';
import { createChatTemplate } from './chat-template.js';
import { createTokenizer, generationStopIds, tokenizerConfig } from './tokenizer.js';
import type { ChatFormat, ChatOptions, Tokenizer } from './types.js';

/**
 * The chat format of a model folder: its chat template (chat_template.jinja, or the entry in
 * tokenizer_config.json) and the tokens that end a turn: the eos_token of tokenizer_config.json, then those of
 * generation_config.json.
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
  const template = createChatTemplate(source);
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
  const stopIds = [...new Set([stopId, ...generationStopIds(textFiles)])];
  const stopTokens = stopIds.map((id) => tokenizer.decode([id]));
  const render = (
    messages: readonly Message[],
    addGenerationPrompt: boolean,
    { tools }: ChatOptions = {},
  ) =>
    template({
      messages,
      addGenerationPrompt,
      variables: specialTokens,
      ...(tools ? { tools } : {}),
    });
  return {
    stopIds,
    encodePrompt: (messages, options) => tokenizer.encode(render(messages, true, options)),
    encodeContinuation: (before, added, options) => {
      const asked = render(before.slice(0, -1), true, options);
      const answered = render(before, false, options);
      const whole = render([...before, ...added], true, options);
      const end = endOfAnswer(answered, stopTokens);
      requirePrefix(asked, answered);
      requirePrefix(answered.slice(0, end), whole);
      return tokenizer.encode(whole.slice(end));
    },
    encodeCompletion: (text) => [...tokenizer.encode(text), stopId],
    decodeCompletion: (ids) => {
      const last = ids.at(-1);
      return tokenizer.decode(
        last !== undefined && stopIds.includes(last) ? ids.slice(0, -1) : ids,
      );
    },
  };
}

/** Where the last turn of a rendered conversation ends: behind its stop token, before what the template adds. */
function endOfAnswer(answered: string, stopTokens: readonly string[]): number {
  const ends = stopTokens
    .filter((token) => answered.includes(token))
    .map((token) => answered.lastIndexOf(token) + token.length);
  const end = Math.max(-1, ...ends);
  if (end < 0 || answered.slice(end).trim() !== '') {
    throw new Error(
      `encodeContinuation: needs a chat template that ends an answer with a stop token (${stopTokens.join(', ')}), got one that ends it with ${JSON.stringify(answered.slice(-20))}. Add the token that ends a turn to eos_token_id in generation_config.json.`,
    );
  }
  return end;
}

/** What was sampled stands; a template that would write it differently now cannot be continued. */
function requirePrefix(earlier: string, later: string): void {
  if (later.startsWith(earlier)) return;
  let at = 0;
  while (earlier[at] === later[at]) at++;
  const excerpt = (text: string) => JSON.stringify(text.slice(at, at + 20));
  throw new Error(
    `encodeContinuation: needs a chat template that leaves earlier turns as they were, got one that rewrites them: character ${at} on was ${excerpt(earlier)} and is ${excerpt(later)}. Put a training template that only appends into chat_template.jinja.`,
  );
}

/** Special tokens are written as text, or as an object that holds it. */
function tokenText(token: unknown): string | undefined {
  if (typeof token === 'string') return token;
  const content = (token as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}
