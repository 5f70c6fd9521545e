import {
  characterTokenizerFiles,
  createChatFormat,
  type SampledTokens,
  type Sampler,
} from '@grpo/policy';
import { describe, expect, test } from 'vitest';
import { closers } from '../../fixtures/shop.js';
import { recordedEpisode } from './recording.js';
import { type ServeChatOptions, serveChat } from './serve-chat.js';

const END = '<end>';
const chatTemplate =
  "{% if tools %}{{ tools | length }} tools{{ '<end>' }}{% endif %}" +
  "{% for m in messages %}{{ m.role[0] }}:{{ m.content }}{{ '<end>' }}{% endfor %}" +
  '{% if add_generation_prompt %}a:{% endif %}';
const characters = [
  ...new Set('abcdefghijklmnopqrstuvwxyzSQ0123456789 .,:?+=!<>/_{}[]"\'\\n-ABCDE\n'),
].join('');
const files = characterTokenizerFiles({
  characters,
  tokens: ['<pad>', END],
  padToken: '<pad>',
  endToken: END,
  chatTemplate,
});
const chat = createChatFormat(files);
const read = (ids: readonly number[]) =>
  ids.map((id) => (id === 1 ? '|' : [...characters][id - 2])).join('');

/** Says what it is told to say, one text for each request, and remembers what it read. */
function scripted(...texts: readonly string[]) {
  const prompts: string[] = [];
  const sampler: Sampler = {
    contextLength: 500,
    async sample([{ ids }], { onToken, maxTokens, stopStrings = [], signal }) {
      const text = texts[Math.min(prompts.length, texts.length - 1)];
      prompts.push(read(ids));
      const all = chat.encodeCompletion(text);
      const sampled = all.slice(0, maxTokens);
      for (const [i, id] of sampled.entries()) {
        onToken?.({ request: 0, id, logProb: 0 - i });
        await new Promise((wake) => setImmediate(wake)); // time for what was streamed to be sent
        signal?.throwIfAborted();
      }
      const stop = stopStrings.find((one) => text.includes(one));
      const result: SampledTokens = {
        ids: sampled,
        logProbs: sampled.map((_, i) => 0 - i),
        stopReason: sampled.length < all.length ? 'length' : 'stop',
        ...(stop !== undefined && { stoppedBy: stop }),
      };
      return [result];
    },
  };
  return { sampler, prompts };
}

async function serving(sampler: Sampler, options: Partial<ServeChatOptions> = {}) {
  const server = await serveChat({ sampler, chat, ...options });
  closers.push(() => server.close());
  return server;
}

async function ask(url: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'policy', ...body }),
  });
  const text = await response.text();
  const parsed = text.startsWith('{') ? JSON.parse(text) : {}; // of any shape: what the tests look at
  return { status: response.status, text, body: parsed };
}

const user = (content: string) => ({ role: 'user', content });

test('an agent that goes on is recorded as one conversation, its tokens as they were sampled', async () => {
  const { sampler, prompts } = scripted('one', 'two');
  const { url, take } = await serving(sampler);
  const first = await ask(url, { messages: [user('Q')] });
  expect(first.body.choices).toEqual([
    { index: 0, message: { role: 'assistant', content: 'one' }, finish_reason: 'stop' },
  ]);
  expect(first.body.usage).toEqual({ prompt_tokens: 6, completion_tokens: 4, total_tokens: 10 });
  const { message } = first.body.choices[0];
  await ask(url, { messages: [user('Q'), message, user('S')] });
  expect(prompts).toEqual(['u:Q|a:', 'u:Q|a:one|u:S|a:']);
  const [recording, ...others] = take();
  expect(others).toEqual([]);
  const { ids, mask, logProbs, turns } = recording;
  expect(read(ids)).toBe('u:Q|a:one|u:S|a:two|');
  expect(read(ids.filter((_, i) => mask[i]))).toBe('one|two|');
  expect(logProbs.filter((_, i) => mask[i])).toEqual([0, -1, -2, -3, 0, -1, -2, -3]);
  expect(logProbs.filter((_, i) => !mask[i]).every((value) => value === 0)).toBe(true);
  expect(turns).toBe(2);
  expect(recordedEpisode(recording, { answer: 'two' })).toMatchObject({
    completion: 'two',
    promptLength: 1,
    row: { answer: 'two' },
    end: 'terminated',
  });
  expect(take()).toEqual([]);
});

test('tools are offered through the template, and calls come back as calls', async () => {
  const call = '{"name": "add", "arguments": {"a": 1}}';
  const { sampler, prompts } = scripted(`so <tool_call>${call}</tool_call>`, '2');
  const { url, take } = await serving(sampler);
  const tools = [{ type: 'function', function: { name: 'add', parameters: { type: 'object' } } }];
  const { body } = await ask(url, { messages: [user('Q')], tools });
  const [{ message, finish_reason }] = body.choices;
  expect(finish_reason).toBe('tool_calls');
  expect(message).toMatchObject({
    content: 'so',
    tool_calls: [{ type: 'function', function: { name: 'add', arguments: '{"a":1}' } }],
  });
  const result = { role: 'tool', tool_call_id: message.tool_calls[0].id, content: '2' };
  await ask(url, { messages: [user('Q'), message, result], tools });
  expect(prompts[1]).toBe(`1 tools|u:Q|a:so <tool_call>${call}</tool_call>|t:2|a:`);
  expect(take()).toHaveLength(1);
});

describe('conversations are told apart', () => {
  test('by scope, by what the client changed, and where one splits', async () => {
    const { sampler } = scripted('one');
    const { url, urlOf, take } = await serving(sampler);
    const reply = { role: 'assistant', content: 'one' };
    await ask(urlOf('a'), { messages: [user('Q')] });
    await ask(urlOf('b'), { messages: [user('Q'), reply, user('S')] });
    await ask(urlOf('a'), { messages: [user('Q'), { ...reply, content: 'other' }, user('S')] });
    await ask(urlOf('a'), { messages: [user('Q'), reply, user('S')] });
    await ask(urlOf('a'), { messages: [user('Q'), reply, user('E')] });
    expect(take('b').map(({ turns }) => turns)).toEqual([1]);
    expect(take('a').map(({ turns, messages }) => [turns, messages.length])).toEqual([
      [2, 4],
      [1, 4],
      [1, 4],
    ]);
    await ask(url, { messages: [user('Q')] });
    expect(take().map(({ scope }) => scope)).toEqual(['']);
    expect(() => urlOf('a/b')).toThrow('a scope needs');
  });

  test('a request that is sent again is answered again, and recorded once', async () => {
    const { sampler, prompts } = scripted('one', 'two');
    const { url, take } = await serving(sampler);
    const body = { messages: [user('Q')] };
    const first = await ask(url, body, { 'x-stainless-retry-count': '0' });
    const again = await ask(url, body, { 'x-stainless-retry-count': '1' });
    expect(again.text).toBe(first.text);
    await Promise.all(
      [1, 2].map(() => ask(url, { messages: [user('S')] }, { 'idempotency-key': 'k' })),
    );
    expect(prompts).toHaveLength(2);
    expect(take()).toHaveLength(2);
    await ask(url, body, { 'x-stainless-retry-count': '0' }); // another attempt of its own
    expect(take()).toHaveLength(1);
  });
});

test('an answer is streamed as it is sampled', async () => {
  const { sampler } = scripted('one two three');
  const { url, take } = await serving(sampler);
  const { text } = await ask(url, {
    messages: [user('Q')],
    stream: true,
    stream_options: { include_usage: true },
  });
  const events = text
    .trim()
    .split('\n\n')
    .map((line) => line.replace(/^data: /, ''));
  expect(events.at(-1)).toBe('[DONE]');
  const chunks = events.slice(0, -1).map((event) => JSON.parse(event));
  const deltas = chunks.flatMap(({ choices }) =>
    choices.map(({ delta }: { delta: { content?: string } }) => delta.content ?? ''),
  );
  expect(deltas.join('')).toBe('one two three');
  expect(deltas.filter((delta) => delta !== '').length).toBeGreaterThan(2);
  expect(chunks.at(-2).choices[0].finish_reason).toBe('stop');
  expect(chunks.at(-1).usage.completion_tokens).toBe(14);
  expect(take()).toHaveLength(1);
});

test('a text that ends the answer is kept in the tokens and not told to the client', async () => {
  const { sampler } = scripted('one stop');
  const { url, take } = await serving(sampler);
  const { body } = await ask(url, { messages: [user('Q')], stop: 'stop', return_token_ids: true });
  expect(body.choices[0].message.content).toBe('one ');
  expect(read(body.choices[0].token_ids)).toBe('one stop|');
  expect(read(body.prompt_token_ids)).toBe('u:Q|a:');
  await ask(url, { messages: [user('Q'), body.choices[0].message, user('S')] });
  expect(take().map(({ turns }) => turns)).toEqual([2]);
});

describe('limits and refusals', () => {
  test.each([
    [{}, 400, 'messages'],
    [{ messages: [] }, 400, 'messages'],
    [{ messages: [user('Q')], n: 2 }, 400, 'n'],
    [{ messages: [user('Q')], temperature: 3 }, 400, 'temperature'],
    [{ messages: [user('Q')], response_format: { type: 'json_object' } }, 400, 'response_format'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 400, 'image_url'],
    [{ messages: [user('Q'.repeat(600))] }, 400, 'fewer than 500'],
  ])('%j is answered with %i', async (body, status, words) => {
    const { sampler } = scripted('one');
    const { url, take } = await serving(sampler);
    const answer = await ask(url, body);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toMatchObject({ type: 'invalid_request_error' });
    expect(answer.body.error.message).toContain(words);
    expect(take()).toEqual([]);
  });

  test('answers and recordings are bounded, and a sampler that throws records nothing', async () => {
    const { sampler } = scripted('one two');
    const { url, take } = await serving(sampler, { maxTokens: 3, maxRecordings: 1 });
    const { body } = await ask(url, { messages: [user('Q')], max_tokens: 100 });
    expect(body.choices[0]).toMatchObject({ message: { content: 'one' }, finish_reason: 'length' });
    expect((await ask(url, { messages: [user('S')] })).status).toBe(503);
    expect(take().map(({ stopReason }) => stopReason)).toEqual(['length']);
    const broken = await serving({ sample: () => Promise.reject(new Error('no memory')) });
    expect(await ask(broken.url, { messages: [user('Q')] })).toMatchObject({ status: 500 });
    expect(broken.take()).toEqual([]);
  });

  test('a client that hangs up frees its place and is not recorded', async () => {
    let aborted = false;
    const sampler: Sampler = {
      sample: (_, { signal }) =>
        new Promise((_, reject) =>
          signal?.addEventListener('abort', () => {
            aborted = true;
            reject(signal.reason);
          }),
        ),
    };
    const { url, take } = await serving(sampler);
    const controller = new AbortController();
    const asked = fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [user('Q')] }),
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(), 50);
    await expect(asked).rejects.toThrow();
    while (!aborted) await new Promise((wake) => setTimeout(wake, 5));
    expect(take()).toEqual([]);
  });

  test('the API key is the token', async () => {
    const { sampler } = scripted('one');
    const { url } = await serving(sampler, { token: 'secret' });
    expect((await ask(url, { messages: [user('Q')] })).status).toBe(401);
    const bearer = { authorization: 'Bearer secret' };
    expect((await ask(url, { messages: [user('Q')] }, bearer)).status).toBe(200);
    const models = await fetch(`${url}/models`, { headers: bearer });
    expect(await models.json()).toMatchObject({ data: [{ id: 'policy' }] });
  });
});
