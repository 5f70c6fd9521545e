import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { numericAnswer } from '../numeric-answer.js';
import type { Reward } from '../types.js';
import { type RewardServer, type ServeOptions, serveReward } from './serve-reward.js';

const servers: RewardServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

async function start(reward: Reward, options: ServeOptions = {}) {
  const server = await serveReward(reward, options);
  servers.push(server);
  const post = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, json: await response.json() };
  };
  return { server, post };
}

const sample = { query: ['2+2=<answer>4</answer>'], prompts: ['2+2='], labels: ['4'] };

describe('scoring', () => {
  test('samples of a request are scored in order, as OpenRLHF sends and reads them', async () => {
    const { post } = await start(numericAnswer());
    const completions = ['<answer>4</answer><|im_end|>', '<answer>5</answer>', '4'];
    const { status, json } = await post({
      query: completions.map((text) => `2+2=${text}`),
      prompts: completions.map(() => '2+2='),
      labels: completions.map(() => '4'),
    });
    expect(status).toBe(200);
    expect(json).toEqual({ rewards: [1, 0, 0], scores: [1, 0, 0], extra_logs: {} });
  });

  test('parts are logs under the name of the reward', async () => {
    const { post } = await start({ name: 'r', fn: () => ({ value: 2, parts: { a: 0.5 } }) });
    expect((await post(sample)).json).toEqual({
      rewards: [2],
      scores: [1],
      extra_logs: { 'r/a': [0.5] },
    });
  });

  test('a reward that fails or does not apply fails the request with its reason', async () => {
    const failing = await start({ name: 'r', fn: () => Promise.reject(new Error('no model')) });
    expect(await failing.post(sample)).toMatchObject({
      status: 500,
      json: { error: expect.stringContaining('Reward "r" threw "no model"') },
    });
    const { post } = await start({ name: 'r', fn: () => null });
    expect(await post(sample)).toMatchObject({
      status: 500,
      json: { error: expect.stringContaining('does not apply to sample 0') },
    });
  });

  test('a number instead of "not applicable" is sent only where it was chosen', async () => {
    const { post } = await start({ name: 'r', fn: () => null }, { nullReward: -1 });
    expect((await post(sample)).json).toMatchObject({ rewards: [-1], scores: [0] });
  });

  test('a reward that hangs fails after the time limit, and the server goes on', async () => {
    let calls = 0;
    const fn = () => (++calls === 1 ? new Promise<number>(() => {}) : 1);
    const { post } = await start({ name: 'r', fn }, { timeoutMs: 300 });
    expect(await post(sample)).toMatchObject({
      status: 500,
      json: { error: expect.stringContaining('took longer than 300 ms') },
    });
    expect((await post(sample)).json).toMatchObject({ rewards: [1] });
  });
});

describe('bad requests', () => {
  test.each([
    ['truncated JSON', '{"query":["x"', 400],
    ['another shape', { queries: [] }, 400],
    ['lists of different lengths', { ...sample, labels: [] }, 400],
  ])('%s is a 400 with what it needs', async (_, body, status) => {
    const { post } = await start(numericAnswer());
    expect(await post(body)).toMatchObject({
      status,
      json: { error: expect.stringContaining("no request of OpenRLHF's remote reward") },
    });
  });

  test('a body beyond the limit is a 413', async () => {
    const { post } = await start(numericAnswer(), { maxBodyBytes: 100 });
    expect((await post({ ...sample, more: 'x'.repeat(200) })).status).toBe(413);
  });

  test('another type than JSON, path or method is refused', async () => {
    const { server, post } = await start(numericAnswer());
    expect((await post(sample, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await fetch(`${server.url}other`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(server.url)).status).toBe(405);
    expect(await (await fetch(`${server.url}health`)).json()).toEqual({
      status: 'ok',
      reward: 'numericAnswer',
    });
  });

  test('a client that hangs up aborts its calls and leaves the server up', async () => {
    let aborted = (_: boolean): void => {};
    const isAborted = new Promise<boolean>((resolve) => {
      aborted = resolve;
    });
    let calls = 0;
    const { server, post } = await start({
      name: 'r',
      fn: (_, call) => {
        if (++calls > 1) return 1;
        call?.signal?.addEventListener('abort', () => aborted(true));
        client.destroy();
        return new Promise(() => {});
      },
    });
    const body = JSON.stringify(sample);
    const client = connect(Number(new URL(server.url).port), '127.0.0.1');
    client.write(
      `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    expect(await isAborted).toBe(true);
    expect((await post(sample)).status).toBe(200);
  });
});

describe('the token', () => {
  test('is needed where it was set, and nothing is scored without it', async () => {
    const { post } = await start({ name: 'r', fn: () => 1 }, { token: 'secret' });
    expect((await post(sample)).status).toBe(401);
    expect((await post(sample, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await post(sample, { authorization: 'Bearer secret' })).status).toBe(200);
  });

  test('is needed to listen where others can reach', async () => {
    await expect(serveReward(numericAnswer(), { host: '0.0.0.0' })).rejects.toThrow(
      'serveReward: needs a token to listen on 0.0.0.0',
    );
  });
});

test('close breaks off what hangs, frees the port, and can be called twice', async () => {
  const { server, post } = await start({ name: 'r', fn: () => new Promise<number>(() => {}) });
  const hanging = expect(post(sample)).rejects.toThrow('fetch failed');
  await fetch(`${server.url}health`);
  await server.close();
  await server.close();
  await hanging;
  await expect(fetch(server.url)).rejects.toThrow('fetch failed');
});

test('a port that is taken is an error rather than a crash', async () => {
  const { server } = await start(numericAnswer());
  const port = Number(new URL(server.url).port);
  await expect(serveReward(numericAnswer(), { port })).rejects.toThrow('EADDRINUSE');
});
