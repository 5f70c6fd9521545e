import type { Message } from '@grpo/rewards';
import type { ChatFormat, ChatFormatOptions, ChatOptions, Tokenizer } from '../types.js';
import { encodeSpans } from './answer-mask.js';
import { type ChatTemplate, createChatTemplate } from './chat-template.js';
import { chatTemplateOf } from './chat-template-files.js';
import { createTokenizer, generationStopIds, tokenizerConfig } from './tokenizer.js';

/**
 * The chat format of a model folder: its chat template (chat_template.jinja and additional_chat_templates/, or the
 * entries in tokenizer_config.json) and the tokens that end a turn: the eos_token of tokenizer_config.json, then
 * those of generation_config.json.
 *
 * @throws if there is no template, no end token, or a text that the tokenizer cannot encode
 */
export function createChatFormat(
  textFiles: ReadonlyMap<string, string>,
  tokenizer: Tokenizer = createTokenizer(textFiles),
  formatOptions: ChatFormatOptions = {},
): ChatFormat {
  const config = tokenizerConfig(textFiles);
  const templateFor = templatesOf(textFiles, formatOptions);
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
  const filled = (
    messages: readonly Message[],
    addGenerationPrompt: boolean,
    options: ChatOptions = {},
  ) => ({
    messages,
    addGenerationPrompt,
    ...options,
    variables: { ...specialTokens, ...options.variables },
  });
  const render = (messages: readonly Message[], isAsked: boolean, options?: ChatOptions) =>
    templateFor(options)(filled(messages, isAsked, options));

  return {
    stopIds,
    encodePrompt: (messages, options) => tokenizer.encode(render(messages, true, options)),
    encodeContinuation: (before, added, options) => {
      const asked = render(before.slice(0, -1), true, options);
      const whole = render([...before, ...added], true, options);
      // What the model has read and sampled, word for word; templates may trim an answer or add to it.
      const sampled = stopTokens.map((token) => `${asked}${before.at(-1)?.content ?? ''}${token}`);
      const same = sampled.find((text) => whole.startsWith(text));
      if (same !== undefined) return tokenizer.encode(whole.slice(same.length));
      const answered = render(before, false, options);
      const end = endOfAnswer('encodeContinuation', answered, stopTokens);
      requirePrefix('encodeContinuation', asked, answered);
      requirePrefix('encodeContinuation', answered.slice(0, end), whole);
      return tokenizer.encode(whole.slice(end));
    },
    encodeConversation: (messages, options) => {
      const template = templateFor(options);
      if (template.hasGenerationBlocks) {
        const { text, spans } = template.withSpans(filled(messages, false, options));
        return encodeSpans(tokenizer, text, spans);
      }
      const parts = turnsOf(messages, stopTokens, (some, isAsked) =>
        render(some, isAsked, options),
      ).map(({ text, isAnswer }) => ({ ids: tokenizer.encode(text), isAnswer }));
      return {
        ids: parts.flatMap(({ ids }) => ids),
        mask: parts.flatMap(({ ids, isAnswer }) => ids.map(() => isAnswer)),
      };
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

/** The template for a conversation, read when it is first needed, except the one without tools: at once. */
function templatesOf(
  textFiles: ReadonlyMap<string, string>,
  formatOptions: ChatFormatOptions,
): (options?: ChatOptions) => ChatTemplate {
  const read = new Map<string, ChatTemplate>();
  const templateFor = ({ tools }: ChatOptions = {}) => {
    const { source, file } = chatTemplateOf(textFiles, {
      ...formatOptions,
      ...(tools && { tools }),
    });
    const template = read.get(file) ?? createChatTemplate(source, file);
    read.set(file, template);
    return template;
  };
  templateFor();
  return templateFor;
}

/** The text of a conversation, the model's answers apart from what it is given to read. */
function turnsOf(
  messages: readonly Message[],
  stopTokens: readonly string[],
  render: (messages: readonly Message[], isAsked: boolean) => string,
): { readonly text: string; readonly isAnswer: boolean }[] {
  const turns: { text: string; isAnswer: boolean }[] = [];
  let written = '';
  const write = (later: string, isAnswer: boolean) => {
    requirePrefix('encodeConversation', written, later);
    turns.push({ text: later.slice(written.length), isAnswer });
    written = later;
  };
  for (const [m, { role }] of messages.entries()) {
    if (role !== 'assistant') continue;
    write(render(messages.slice(0, m), true), false);
    const answered = render(messages.slice(0, m + 1), false);
    write(answered.slice(0, endOfAnswer('encodeConversation', answered, stopTokens)), true);
  }
  write(render(messages, false), false);
  return turns;
}

/** Where the last turn of a rendered conversation ends: behind its stop token, before what the template adds. */
function endOfAnswer(caller: string, answered: string, stopTokens: readonly string[]): number {
  const ends = stopTokens
    .filter((token) => answered.includes(token))
    .map((token) => answered.lastIndexOf(token) + token.length);
  const end = Math.max(-1, ...ends);
  if (end < 0 || answered.slice(end).trim() !== '') {
    throw new Error(
      `${caller}: needs a chat template that ends an answer with a stop token (${stopTokens.join(', ')}), got one that ends it with ${JSON.stringify(answered.slice(-20))}. Add the token that ends a turn to eos_token_id in generation_config.json.`,
    );
  }
  return end;
}

/** What was sampled stands; a template that would write it differently now cannot be continued. */
function requirePrefix(caller: string, earlier: string, later: string): void {
  if (later.startsWith(earlier)) return;
  let at = 0;
  while (earlier[at] === later[at]) at++;
  const excerpt = (text: string) => JSON.stringify(text.slice(at, at + 20));
  throw new Error(
    `${caller}: needs a chat template that leaves earlier turns as they were, got one that rewrites them: character ${at} on was ${excerpt(earlier)} and is ${excerpt(later)}. Give createChatFormat a training template that only appends, as the option chatTemplate.`,
  );
}

/** Special tokens are written as text, or as an object that holds it. */
function tokenText(token: unknown): string | undefined {
  if (typeof token === 'string') return token;
  const content = (token as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}
