import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { ChatModelError } from './chat-model-error.js';
import { openAiChatModel } from './openai-chat-model.js';

const KEY = 'sk-very-secret';
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Seen {
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
}

/** A real server whose k-th request is answered by the k-th handler, and all others by the last. */
async function serve(...handlers: ((response: ServerResponse, seen: Seen) => void)[]) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    seen.push({ url: request.url, headers: request.headers, body: JSON.parse(text) });
    handlers[Math.min(seen.length, handlers.length) - 1](response, seen[seen.length - 1]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, seen };
}

function says(content: unknown, more: Record<string, unknown> = {}) {
  return (response: ServerResponse) =>
    response.end(
      JSON.stringify({ choices: [{ message: { content }, finish_reason: 'stop' }], ...more }),
    );
}

function status(code: number, headers: Record<string, string> = {}, text = 'down') {
  return (response: ServerResponse) => response.writeHead(code, headers).end(text);
}

const hello = [{ role: 'user', content: 'hello' }] as const;

async function failure(promise: Promise<unknown>): Promise<ChatModelError> {
  return promise.then(
    () => expect.unreachable('the call should fail'),
    (error) => error,
  );
}

/** Waits are noted, not slept. */
function model(baseUrl: string, options: Partial<Parameters<typeof openAiChatModel>[0]> = {}) {
  const waits: number[] = [];
  const wait = async (ms: number) => void waits.push(ms);
  const chatModel = openAiChatModel({
    baseUrl,
    model: 'm',
    apiKey: KEY,
    random: () => 0.5,
    wait,
    ...options,
  });
  return { chatModel, waits };
}

describe('request', () => {
  test('messages, options and the key are sent as chat completions want them', async () => {
    const { baseUrl, seen } = await serve(says('hi'));
    const { chatModel } = model(`${baseUrl}/`, { body: { top_p: 0.9 } });
    const schema = { type: 'object' };
    await chatModel([...hello, { role: 'tool', content: '42' }], {
      maxTokens: 5,
      temperature: 0,
      seed: 7,
      schema,
    });
    expect(seen[0].url).toBe('/v1/chat/completions');
    expect(seen[0].headers.authorization).toBe(`Bearer ${KEY}`);
    expect(seen[0].body).toEqual({
      top_p: 0.9,
      model: 'm',
      messages: [
        { role: 'user', content: 'hello' },
        { role: 'user', content: 'Result of the tool:\n42' },
      ],
      max_tokens: 5,
      temperature: 0,
      seed: 7,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', strict: true, schema },
      },
    });
  });

  test('endpoints that know no schema are asked for JSON or for nothing', async () => {
    const { baseUrl, seen } = await serve(says('{}'));
    const ask = (responseFormat: 'json_object' | 'none') =>
      model(baseUrl, { responseFormat }).chatModel(hello, { schema: {} });
    await ask('json_object');
    await ask('none');
    expect(seen.map(({ body }) => body.response_format)).toEqual([
      { type: 'json_object' },
      undefined,
    ]);
  });

  test('no more calls than the limit run at once', async () => {
    let running = 0;
    let most = 0;
    const { baseUrl } = await serve((response) => {
      most = Math.max(most, ++running);
      setTimeout(() => {
        running--;
        says('x')(response);
      }, 5);
    });
    const { chatModel } = model(baseUrl, { concurrency: 3 });
    await Promise.all(Array.from({ length: 10 }, () => chatModel(hello)));
    expect(most).toBe(3);
  });
});

describe('answer', () => {
  test('the text and the tokens are read; usage of a wrong type is left out', async () => {
    const usage = { prompt_tokens: 3, completion_tokens: 1 };
    const { baseUrl } = await serve(
      says('hi', { usage }),
      says('hi', { usage: { prompt_tokens: 'many' } }),
      says([
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ]),
    );
    const { chatModel } = model(baseUrl);
    expect(await chatModel(hello)).toEqual({
      text: 'hi',
      usage: { inputTokens: 3, outputTokens: 1 },
    });
    expect(await chatModel(hello)).toEqual({ text: 'hi' });
    expect(await chatModel(hello)).toEqual({ text: 'ab' });
  });

  test('a refusal is a failure of its own kind and is not asked again', async () => {
    const { baseUrl, seen } = await serve((response) =>
      response.end(
        JSON.stringify({ choices: [{ message: { content: null, refusal: 'I must not' } }] }),
      ),
    );
    expect(await failure(model(baseUrl).chatModel(hello))).toMatchObject({ kind: 'refused' });
    expect(seen).toHaveLength(1);
  });
});

describe('faults', () => {
  test('429 waits as long as Retry-After says, then asks again', async () => {
    const { baseUrl } = await serve(status(429, { 'retry-after': '2' }), says('hi'));
    const { chatModel, waits } = model(baseUrl);
    expect((await chatModel(hello)).text).toBe('hi');
    expect(waits).toEqual([2250]); // 2 s, and half of a quarter more
  });

  test('a Retry-After beyond the longest wait ends the call', async () => {
    const { baseUrl, seen } = await serve(status(429, { 'retry-after': '3600' }));
    const error = await failure(model(baseUrl).chatModel(hello));
    expect(error).toMatchObject({ kind: 'rate-limited', retryAfterMs: 3_600_000 });
    expect(seen).toHaveLength(1);
  });

  test('500 is asked again with doubling waits, up to the limit of retries', async () => {
    const { baseUrl, seen } = await serve(status(500));
    const { chatModel, waits } = model(baseUrl, { retries: 2, baseDelayMs: 100 });
    expect(await failure(chatModel(hello))).toMatchObject({ kind: 'server' });
    expect(seen).toHaveLength(3);
    expect(waits).toEqual([100, 200]);
  });

  test('400 is not asked again, and says what the endpoint said', async () => {
    const { baseUrl, seen } = await serve(status(400, {}, 'no such model'));
    const error = await failure(model(baseUrl).chatModel(hello));
    expect(error.kind).toBe('client');
    expect(error.message).toContain('answered 400: no such model');
    expect(seen).toHaveLength(1);
  });

  test('a reset connection is asked again', async () => {
    const { baseUrl } = await serve(
      (response) => void response.socket?.resetAndDestroy(),
      says('hi'),
    );
    expect((await model(baseUrl).chatModel(hello)).text).toBe('hi');
  });

  test('a body that breaks off half-way is asked again', async () => {
    const { baseUrl } = await serve((response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"choices":[');
      setTimeout(() => response.socket?.destroy(), 5);
    }, says('hi'));
    expect((await model(baseUrl).chatModel(hello)).text).toBe('hi');
  });

  test.each([
    ['truncated JSON', '{"choices":[{"message":{"content":"h'],
    ['an empty body', ''],
    ['a web page', '<html>'],
    ['null', 'null'],
    ['no choices', '{"choices":[]}'],
    ['choices of a wrong type', '{"choices":"many"}'],
    ['content of a wrong type', '{"choices":[{"message":{"content":{"a":1}}}]}'],
  ])('%s is malformed: asked again, then reported', async (_, text) => {
    const { baseUrl, seen } = await serve((response) => response.end(text));
    const { chatModel } = model(baseUrl, { retries: 1 });
    expect(await failure(chatModel(hello))).toMatchObject({ kind: 'malformed' });
    expect(seen).toHaveLength(2);
  });

  test('a body without end is cut at the limit and not asked for again', async () => {
    let written = 0;
    const { baseUrl, seen } = await serve((response) => {
      const more = () => {
        written += 65_536;
        if (response.destroyed) return;
        if (response.write('x'.repeat(65_536))) setImmediate(more);
        else response.once('drain', more);
      };
      more();
    });
    const { chatModel } = model(baseUrl, { maxResponseBytes: 200_000 });
    expect(await failure(chatModel(hello))).toMatchObject({ kind: 'too-large' });
    expect(seen).toHaveLength(1);
    expect(written).toBeLessThan(50_000_000);
  });

  test('a server that hangs, before or within its answer, is a time-out of each attempt', async () => {
    const { baseUrl, seen } = await serve(
      () => {},
      (response) => response.writeHead(200).write('{'),
    );
    const { chatModel } = model(baseUrl, { timeoutMs: 1500, retries: 1 });
    expect(await failure(chatModel(hello))).toMatchObject({ kind: 'timeout' });
    expect(seen).toHaveLength(2);
  });

  test('nobody listening is a broken connection that names the code', async () => {
    const { baseUrl } = await serve(says('x'));
    for (const close of closers.splice(0)) close();
    const error = await failure(model(baseUrl, { retries: 0 }).chatModel(hello));
    expect(error.kind).toBe('connection');
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('an abort rejects with its reason, while asking and while waiting to ask again', async () => {
    const { baseUrl } = await serve(() => {});
    const reason = new Error('no longer wanted');
    const asking = new AbortController();
    const asked = failure(model(baseUrl).chatModel(hello, { signal: asking.signal }));
    setTimeout(() => asking.abort(reason), 10);
    expect(await asked).toBe(reason);

    const down = await serve(status(503));
    const waiting = new AbortController();
    const chatModel = openAiChatModel({ baseUrl: down.baseUrl, model: 'm', baseDelayMs: 60_000 });
    const waited = failure(chatModel(hello, { signal: waiting.signal }));
    setTimeout(() => waiting.abort(reason), 30);
    expect(await waited).toBe(reason);
  });

  test('a redirect is reported rather than followed with the key', async () => {
    const elsewhere = await serve(says('stolen'));
    const { baseUrl } = await serve(
      status(307, { location: `${elsewhere.baseUrl}/chat/completions` }),
    );
    expect(await failure(model(baseUrl).chatModel(hello))).toMatchObject({ kind: 'client' });
    expect(elsewhere.seen).toEqual([]);
  });
});

describe('the key', () => {
  test('is in no error, though the endpoint repeats it, at the cut of a long text too', async () => {
    const echo = (response: ServerResponse, { headers }: Seen) =>
      response
        .writeHead(401)
        .end(`wrong key ${headers.authorization}${'.'.repeat(150)}${KEY}${KEY}`);
    const { baseUrl } = await serve(echo);
    const { chatModel } = model(`${baseUrl}?token=query-secret`, {
      headers: { 'x-key': 'other-secret' },
    });
    const error = await failure(chatModel(hello));
    const all = `${error.message} ${error.stack} ${JSON.stringify(error)}`;
    expect(all).toContain('wrong key Bearer …');
    expect(all).not.toMatch(/sk-|secret/);
  });

  test('is in no error of a key that cannot be sent, nor in the id that caches are keyed by', async () => {
    const base = { baseUrl: 'http://127.0.0.1:1/v1?token=query-secret', model: 'm' };
    expect(() => openAiChatModel({ ...base, apiKey: `${KEY}\n` })).toThrow(/"authorization"/);
    expect(() => openAiChatModel({ ...base, apiKey: `${KEY}\n` })).not.toThrow(KEY);
    expect(openAiChatModel({ ...base, apiKey: KEY }).id).toBe(
      'http://127.0.0.1:1/v1/chat/completions m json_schema',
    );
  });
});

test('a baseUrl that is none is refused with what to give', () => {
  expect(() => openAiChatModel({ baseUrl: 'localhost:8000', model: 'm' })).toThrow(
    'openAiChatModel: needs a baseUrl such as http://127.0.0.1:8000/v1, without a user name or password, got localhost:. Give a key as apiKey.',
  );
  expect(() => openAiChatModel({ baseUrl: 'http://me:pass@host/v1', model: 'm' })).toThrow(
    TypeError,
  );
});
