import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { numericAnswer } from '../numeric-answer.js';
import { scoreEpisodes } from '../score-episodes.js';
import type { Episode } from '../types.js';
import { remoteReward } from './remote-reward.js';
import { serveReward } from './serve-reward.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function episode(completion: string, row: Episode['row'] = { answer: '4' }): Episode {
  const messages = [
    { role: 'user', content: '2+2=' },
    { role: 'assistant', content: completion },
  ] as const;
  return { messages, completion, row, environmentReward: 0, end: 'terminated' };
}

/** A server that answers its k-th request with the k-th handler, and all others with the last. */
async function serve(...handlers: ((response: ServerResponse) => void)[]) {
  const bodies: unknown[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    bodies.push(JSON.parse(text));
    handlers[Math.min(bodies.length, handlers.length) - 1](response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, bodies };
}

const json = (body: unknown) => (response: ServerResponse) => response.end(JSON.stringify(body));

test('a served reward gives the same values from afar as at home', async () => {
  const { url, close } = await serveReward(numericAnswer(), { token: 'secret' });
  closers.push(close);
  const episodes = ['<answer>4</answer>', '<answer>5</answer>'].map((text) => episode(text));
  const remote = remoteReward(url, { token: 'secret' });
  const { values } = await scoreEpisodes([numericAnswer(), remote], episodes);
  expect(values).toEqual([
    [1, 1],
    [0, 0],
  ]);
});

test('the request is what OpenRLHF sends, and logs become parts', async () => {
  const { url, bodies } = await serve(
    json({ rewards: [0.5], scores: [0.5], extra_logs: { a: [2], odd: 'x' } }),
    json({ rewards: 0.25 }),
  );
  const reward = remoteReward(url);
  expect(await reward.fn(episode('four'))).toEqual({ value: 0.5, parts: { a: 2 } });
  expect(await reward.fn(episode('four', {}))).toEqual({ value: 0.25, parts: {} });
  expect(bodies).toEqual([
    { query: ['2+2=four'], prompts: ['2+2='], labels: ['4'] },
    { query: ['2+2=four'], prompts: ['2+2='], labels: [null] },
  ]);
});

describe('faults', () => {
  const quick = { retryDelayMs: 1 };

  test('a server that is busy or broke off is asked again', async () => {
    const { url, bodies } = await serve(
      (response) => response.writeHead(503).end(),
      (response) => void response.socket?.resetAndDestroy(),
      json({ rewards: [1] }),
    );
    expect(await remoteReward(url, quick).fn(episode('x'))).toMatchObject({ value: 1 });
    expect(bodies).toHaveLength(3);
  });

  test.each([
    ['truncated JSON', '{"rewards":[1'],
    ['no rewards', '{}'],
    ['null', 'null'],
    ['a text for a reward', '{"rewards":["1"]}'],
    ['NaN as Python writes it', '{"rewards":[NaN]}'],
    ['several rewards for one sample', '{"rewards":[1,2]}'],
    ['a huge body', `{"rewards":[${'1,'.repeat(2 ** 20)}1]}`],
  ])('%s fails the episode and is no number', async (_, text) => {
    const { url, bodies } = await serve((response) => response.end(text));
    const { values, failures } = await scoreEpisodes([remoteReward(url, quick)], [episode('x')]);
    expect(values).toEqual([[null]]);
    expect(failures[0].reason).toContain('remoteReward');
    expect(bodies).toHaveLength(1);
  });

  test('an error of the server is passed on with its words', async () => {
    const { url } = await serve((response) => response.writeHead(500).end('{"error":"no model"}'));
    await expect(remoteReward(url, quick).fn(episode('x'))).rejects.toThrow(
      'the server answered 500: {"error":"no model"}',
    );
  });

  test('a server that hangs is left after the time limit', async () => {
    const { url } = await serve(() => {});
    const reward = remoteReward(url, { ...quick, timeoutMs: 30, retries: 1 });
    await expect(reward.fn(episode('x'))).rejects.toThrow('the server did not answer');
  });

  test('what is no address is refused', () => {
    expect(() => remoteReward('localhost:5000')).toThrow(TypeError);
  });
});
