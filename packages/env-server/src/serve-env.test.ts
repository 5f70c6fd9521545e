import { connect as tcp } from 'node:net';
import { type EnvFactory, guessingGame, guessingTasks, toolEnv } from '@grpo/envs';
import type { Reward } from '@grpo/rewards';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { closers, post, prices, served, shop } from '../fixtures/shop.js';
import { connect } from './client/connect.js';
import { serveEnv } from './serve-env.js';
import { runtimeChecks } from './testing.js';

/** Waits until something holds, as a busy machine may take a while. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a session', () => {
  test('plays an episode of messages, whose rewards are paid at its end', async () => {
    const { session, reports } = await served();
    const { ask } = await session();
    const reset = await ask('reset', { task: 'shop:1', seed: 7, episode_id: 'mine' });
    expect(reset).toMatchObject({ reward: null, done: false, observation: { task: 'shop:1' } });
    const call = '<tool_call>{"name": "price", "arguments": {"item": "jam"}}</tool_call>';
    const told = await ask('step', { message: call });
    expect(told).toMatchObject({
      observation: { messages: [{ role: 'tool', content: '3' }], stop_reason: null },
      reward: 0,
      done: false,
    });
    expect(await ask('state')).toEqual({
      episode_id: 'mine',
      step_count: 1,
      task: 'shop:1',
      ending: null,
    });
    const end = await ask('step', { message: '<answer>3</answer>' });
    expect(end).toMatchObject({
      observation: {
        messages: [],
        terminated: true,
        stop_reason: 'answered',
        info: { toolCalls: 1, rewards: { numericAnswer: 1 } },
      },
      reward: 1,
      done: true,
    });
    expect(reports).toMatchObject([
      { id: 'mine', task: 'shop:1', seed: 7, ending: 'finished', steps: 2, reward: 1 },
    ]);
  });

  test('lists tools before a reset, and calls them past the words of the model', async () => {
    const { session } = await served();
    const { ask } = await session();
    expect(await ask('step', { type: 'list_tools' })).toMatchObject({
      observation: { tools: [{ name: 'price', input_schema: prices.parameters }] },
    });
    await ask('reset', { task: 0 });
    const call = { type: 'call_tool', tool_name: 'price', arguments: { item: 'tea' } };
    expect(await ask('step', call)).toEqual({
      observation: { tool_name: 'price', result: '2', error: null },
      reward: null,
      done: false,
    });
    expect(await ask('step', { type: 'call_tool', tool_name: 'cost' })).toMatchObject({
      observation: { error: { error_type: 'tool_not_found' } },
    });
    expect(await ask('step', { message: '<answer>2</answer>' })).toMatchObject({ reward: 1 });
  });

  test('pays what the environment gives, step by step, where there are no rewards', async () => {
    const game = {
      name: 'game',
      env: guessingGame({ maxGuesses: 100 }),
      dataset: guessingTasks({ seed: 1, count: 3 }),
    };
    const { session } = await served({}, game);
    const { ask } = await session();
    await ask('reset', { seed: 4 });
    const rewards = [];
    for (let guess = 1, done: unknown = false; done === false; guess++) {
      const { reward, ...step } = await ask('step', { message: String(guess) });
      rewards.push(reward);
      done = step.done;
    }
    expect(rewards.at(-1)).toBe(1);
    expect(rewards.slice(0, -1).every((reward) => reward === 0)).toBe(true);
  });

  test('sees nothing of another session, and leaves its episode at a reset', async () => {
    const { session, reports, stats } = await served();
    const [one, two] = [await session(), await session()];
    await one.ask('reset', { task: 0 });
    await two.ask('reset', { task: 1 });
    expect(await one.ask('state')).toMatchObject({ task: 'shop:0', step_count: 0 });
    await two.ask('step', { message: '<answer>3</answer>' });
    expect(await one.ask('state')).toMatchObject({ task: 'shop:0', ending: null });
    await one.ask('reset', { task: 1 });
    expect(reports.map(({ task, ending }) => [task, ending])).toEqual([
      ['shop:1', 'finished'],
      ['shop:0', 'abandoned'],
    ]);
    expect(stats().episodes).toEqual({ started: 3, finished: 1, failed: 0, abandoned: 1 });
  });
});

describe('the codes of errors', () => {
  const send = (socket: WebSocket, text: string) =>
    new Promise<{ readonly type: string; readonly data: { readonly code: string } }>((resolve) => {
      socket.once('message', (data) => resolve(JSON.parse(data.toString())));
      socket.send(text);
    });
  const open = async (url: string) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
    closers.push(async () => socket.terminate());
    await new Promise((resolve) => socket.once('open', resolve));
    return socket;
  };

  test.each([
    ['{"type":', 'INVALID_JSON'],
    ['{"type":"reset","data":{"seed":NaN}}', 'INVALID_JSON'],
    ['{"type":"dance"}', 'UNKNOWN_TYPE'],
    ['{}', 'UNKNOWN_TYPE'],
    ['[]', 'VALIDATION_ERROR'],
    ['{"type":"reset","data":{"seed":-1}}', 'VALIDATION_ERROR'],
    [`{"type":"reset","data":{"episode_id":"${'x'.repeat(256)}"}}`, 'VALIDATION_ERROR'],
    ['{"type":"reset","data":{},"id":4}', 'VALIDATION_ERROR'],
    ['{"type":"step"}', 'VALIDATION_ERROR'],
    ['{"type":"step","data":{"action":{"message":"hi"}}}', 'VALIDATION_ERROR'],
    ['{"type":"step","data":{"message":"before a reset"}}', 'EXECUTION_ERROR'],
    ['{"type":"reset","data":{"task":"shop:9"}}', 'EXECUTION_ERROR'],
  ])('%s is answered with %s, and the session goes on', async (text, code) => {
    const { url } = await served();
    const socket = await open(url);
    expect(await send(socket, text)).toMatchObject({ type: 'error', data: { code } });
    expect(await send(socket, '{"type":"reset"}')).toMatchObject({ type: 'observation' });
  });

  test('a full server says so and closes; when a session ends there is room again', async () => {
    const { session, stats } = await served({ maxSessions: 1 });
    const first = await session();
    await first.ask('reset');
    const second = await session();
    await expect(second.ask('reset')).rejects.toMatchObject({
      code: /CAPACITY_REACHED|CONNECTION/,
    });
    await first.close();
    await until(() => stats().sessions.active === 0);
    const third = await session();
    expect(await third.ask('reset')).toMatchObject({ done: false });
    expect(stats().sessions).toMatchObject({ refused: 1, opened: 2, peak: 1 });
  });

  test('an environment that cannot be made, throws or hangs ends the episode, not the session', async () => {
    let fault = '';
    const env: EnvFactory = (task) => {
      if (fault === 'make') throw new Error('no disk');
      const made = shop.env(task);
      return {
        ...made,
        step: async (...args) => {
          if (fault === 'throw') throw new Error('no luck');
          if (fault === 'hang') await new Promise(() => {});
          return made.step(...args);
        },
      };
    };
    const { session, reports } = await served({ turnTimeoutMs: 100 }, { ...shop, env });
    const { ask } = await session();
    fault = 'make';
    await expect(ask('reset')).rejects.toMatchObject({ code: 'FACTORY_ERROR' });
    for (const [name, words] of [
      ['throw', 'no luck'],
      ['hang', 'needs to answer within 100 ms'],
    ]) {
      fault = '';
      await ask('reset');
      fault = name;
      await expect(ask('step', { message: 'hi' })).rejects.toThrow(words);
      await expect(ask('step', { message: 'hi' })).rejects.toThrow('The episode is failed');
    }
    fault = '';
    expect(await ask('reset')).toMatchObject({ done: false });
    expect(reports.map(({ ending }) => ending)).toEqual(['failed', 'failed']);
  });

  test('a reward that throws is an error, never a number', async () => {
    const odd: Reward = {
      name: 'odd',
      fn: () => {
        throw new Error('no model');
      },
    };
    const { session, reports } = await served({}, { ...shop, rewards: [odd] });
    const { ask } = await session();
    await ask('reset');
    await expect(ask('step', { message: 'hi' })).rejects.toThrow('Reward "odd" threw');
    expect(reports).toMatchObject([{ ending: 'failed', reward: 0 }]);
  });
});

describe('limits', () => {
  test('a session that nobody uses is closed and its episode reported', async () => {
    const { session, reports, stats } = await served({ idleTimeoutMs: 50 });
    const { ask } = await session();
    await ask('reset');
    await until(() => stats().sessions.active === 0);
    expect(stats().sessions.expired).toBe(1);
    expect(reports).toMatchObject([{ ending: 'abandoned' }]);
    await expect(ask('state')).rejects.toMatchObject({ name: 'OpenEnvError', isRetryable: true });
  });

  test('a message beyond the limit ends its connection and nothing else', async () => {
    const { session, stats } = await served({ maxMessageBytes: 1000 });
    const [big, other] = [await session(), await session()];
    await other.ask('reset');
    await expect(big.ask('step', { message: 'x'.repeat(2000) })).rejects.toThrow('ended with 1009');
    expect(await other.ask('state')).toMatchObject({ step_count: 0 });
    await until(() => stats().sessions.active === 1);
  });

  test('an episode has so many steps and no more', async () => {
    const { session } = await served({ maxSteps: 1 });
    const { ask } = await session();
    await ask('reset');
    const call = { type: 'call_tool', tool_name: 'price', arguments: { item: 'tea' } };
    await ask('step', call);
    await expect(ask('step', call)).rejects.toThrow('at most 1 steps');
  });

  test('a peer that vanishes in the middle of an episode leaves nothing behind', async () => {
    const { url, session, stats, reports } = await served();
    const { ask } = await session();
    await ask('reset');
    const socket = tcp(Number(new URL(url).port), '127.0.0.1');
    const key = 'AAAAAAAAAAAAAAAAAAAAAA==';
    socket.write(
      `GET /ws HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`,
    );
    await until(() => stats().sessions.active === 2);
    socket.resetAndDestroy();
    await until(() => stats().sessions.active === 1);
    expect(await ask('state')).toMatchObject({ ending: null });
    expect(reports).toEqual([]);
  });

  test.each([{ maxSessions: 0 }, { idleTimeoutMs: 2 ** 31 }, { maxSteps: 1.5 }])(
    '%j is refused',
    async (limits) => {
      await expect(serveEnv(shop, limits)).rejects.toThrow(Object.keys(limits)[0]);
    },
  );
});

test('passes the six checks of openenv validate, and they fail where there is no such server', async () => {
  const { url } = await served();
  for (const { run } of runtimeChecks(url)) await run();
  for (const { run } of runtimeChecks(`${url}/nowhere`)) await expect(run()).rejects.toThrow();
});

describe('who may come in', () => {
  test('an address that others reach needs a token', async () => {
    await expect(serveEnv(shop, { host: '0.0.0.0' })).rejects.toThrow('needs a token');
  });

  test('with a token: a bearer, or the password of the address; nobody else', async () => {
    const { url, session } = await served({ token: 'secret' });
    expect(await (await session()).ask('reset')).toMatchObject({ done: false });
    const withPassword = await connect(url.replace('http://', 'http://grpo:secret@'));
    closers.push(() => withPassword.close());
    expect(await withPassword.ask({ type: 'reset' }, 'observation')).toMatchObject({ done: false });
    await expect(connect(url, { token: 'wrong' })).rejects.toThrow('401');
    await expect(connect(url)).rejects.toThrow('401');
    expect((await fetch(`${url}/health`)).status).toBe(401);
  });

  test('without one: no web page, neither by its own name nor by ours', async () => {
    const { url } = await served();
    const page = { headers: { origin: 'http://127.0.0.1' } };
    expect((await post(`${url}/reset`, {}, page.headers)).status).toBe(403);
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, page);
    expect(await new Promise((resolve) => socket.once('error', resolve))).toMatchObject({
      message: 'Unexpected server response: 403',
    });
    const renamed = new WebSocket(`${url.replace('http', 'ws')}/ws`, {
      headers: { host: 'rebound.example' },
    });
    expect(await new Promise((resolve) => renamed.once('error', resolve))).toMatchObject({
      message: 'Unexpected server response: 403',
    });
  });
});

test('what cannot be served is refused before anybody comes', async () => {
  const group = { name: 'rank', groupFn: () => [] };
  await expect(serveEnv({ ...shop, rewards: [group] })).rejects.toThrow('compares a group');
  await expect(serveEnv({ ...shop, dataset: { name: 'none', tasks: [] } })).rejects.toThrow(
    'needs tasks, got none in none',
  );
  const env = toolEnv({ tools: [{ ...prices, name: 'verify' }] });
  await expect(serveEnv({ ...shop, env })).rejects.toThrow('got verify. Rename it.');
});

test('closing ends every session and reports its episode', async () => {
  const { session, reports, close } = await served();
  const { ask } = await session();
  await ask('reset');
  await close();
  expect(reports).toMatchObject([{ ending: 'abandoned' }]);
  await expect(ask('state')).rejects.toMatchObject({ code: 'CONNECTION' });
});
