import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareExact } from './errors.mjs';

/**
 * The cases of a tokenizer folder: every text, every list of ids, every conversation, the padded batch.
 *
 * @param folder tokenizer.json, tokenizer_config.json, reference.json of `AutoTokenizer`
 * @returns one `{ name, errors }` per case
 */
export function tokenizerCases(folder, { policy }) {
  const files = policy.readTextFiles(folder);
  const tokenizer = once(() => policy.createTokenizer(files));
  // Python tells 2.0 from 2 in what it writes into a conversation.
  const reference = policy.parseChatJson(readFileSync(join(folder, 'reference.json'), 'utf8'));
  const { encodings = [], decodings = [], chats = [], special, padded_batch } = plain(reference);
  const short = (text) => {
    const written = JSON.stringify(text);
    return written.length > 40 ? `${written.slice(0, 37)}...` : written;
  };
  return [
    ...(special
      ? [{ name: 'vocabulary', errors: () => vocabularyErrors(tokenizer(), plain(reference)) }]
      : []),
    ...encodings.map((one) => ({
      name: `encode ${short(one.text)}`,
      errors: () => encodingErrors(tokenizer(), one),
    })),
    ...decodings.map((one) => ({
      name: `decode ${short(one.ids)}`,
      errors: () => decodingErrors(tokenizer(), policy, one),
    })),
    ...chats.map((one, i) => ({
      name: `chat ${one.name}${one.add_generation_prompt ? ', to be answered' : ''}`,
      errors: () => chatErrors(tokenizer(), policy, files, reference.chats[i]),
    })),
    ...(padded_batch
      ? [{ name: 'padded batch', errors: () => paddedErrors(tokenizer(), plain(reference)) }]
      : []),
  ];
}

function vocabularyErrors(tokenizer, { vocab_size: size, special }) {
  const named = ['bos', 'eos', 'pad', 'unk'].filter((name) => special[`${name}_token`] != null);
  const hidden = (id) => tokenizer.decode([id], { skipSpecialTokens: true }) === '';
  return {
    size: compareExact({ size: tokenizer.vocabularySize }, { size }),
    'special tokens': compareExact(
      Object.fromEntries(named.map((name) => [name, tokenizer.tokenId(special[`${name}_token`])])),
      Object.fromEntries(named.map((name) => [name, special[`${name}_token_id`]])),
    ),
    'skipped ids': compareExact(
      { ids: (special.all_special_ids ?? []).filter(hidden) },
      { ids: special.all_special_ids ?? [] },
    ),
  };
}

function encodingErrors(tokenizer, one) {
  const { text, ids, ids_with_special, tokens } = one;
  return {
    ids: compareExact(
      {
        ids: tokenizer.encode(text),
        ids_with_special: tokenizer.encode(text, { addSpecialTokens: true }),
        tokens: tokens?.map((token) => tokenizer.tokenId(token)),
      },
      { ids, ids_with_special, tokens: tokens && ids },
    ),
    text: textErrors(tokenizer, one),
  };
}

function decodingErrors(tokenizer, policy, one) {
  const stream = policy.createStreamDecoder(tokenizer);
  const pieces = one.ids.map((id) => stream.push(id));
  return {
    text: textErrors(tokenizer, one),
    stream: compareExact({ text: [...pieces, stream.flush()].join('') }, { text: one.decoded }),
  };
}

function textErrors(tokenizer, { ids, decoded, decoded_skip_special }) {
  return compareExact(
    {
      decoded: tokenizer.decode(ids),
      decoded_skip_special: tokenizer.decode(ids, { skipSpecialTokens: true }),
    },
    { decoded, decoded_skip_special },
  );
}

function chatErrors(tokenizer, policy, files, { messages, tools, chat_template, ...one }) {
  const options = tools ? { tools } : {};
  const chosen = { ...options, ...(chat_template && { chatTemplate: chat_template }) };
  const { source, file } = policy.chatTemplateOf(files, chosen);
  const { chat_template: _, ...variables } = JSON.parse(files.get('tokenizer_config.json') ?? '{}');
  const text = policy.createChatTemplate(
    source,
    file,
  )({
    ...options,
    messages,
    variables,
    addGenerationPrompt: one.add_generation_prompt,
  });
  const format = policy.createChatFormat(files, tokenizer, chosen);
  const ids = one.add_generation_prompt
    ? format.encodePrompt(messages, options)
    : tokenizer.encode(text);
  return {
    text: compareExact({ text }, { text: one.text }),
    ids: compareExact({ ids }, { ids: one.ids }),
  };
}

function paddedErrors(tokenizer, { padded_batch: { texts, input_ids, attention_mask }, special }) {
  const rows = texts.map((text) => tokenizer.encode(text));
  const longest = Math.max(...rows.map(({ length }) => length));
  const padded = (row, before, own) => [
    ...new Array(longest - row.length).fill(before),
    ...row.map(own),
  ];
  const pad = tokenizer.tokenId(special.pad_token);
  return {
    ids: compareExact({ ids: rows.map((row) => padded(row, pad, (id) => id)) }, { ids: input_ids }),
    mask: compareExact(
      { mask: rows.map((row) => padded(row, 0, () => 1)) },
      { mask: attention_mask },
    ),
  };
}

/** Numbers that remember their fraction as plain ones. */
function plain(value) {
  return JSON.parse(JSON.stringify(value));
}

function once(make) {
  let made;
  return () => {
    made ??= make();
    return made;
  };
}
