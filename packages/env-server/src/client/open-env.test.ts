import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { guessingGame, guessingTasks, type Task, toolEnv } from '@grpo/envs';
import { envChecks } from '@grpo/envs/testing';
import type { Message } from '@grpo/rewards';
import { describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { closers, served, shop } from '../../fixtures/shop.js';
import { openEnv, openEnvTools } from './open-env.js';

const game = {
  name: 'game',
  env: guessingGame(),
  dataset: guessingTasks({ seed: 1, count: 3 }),
};
const resetArgs = ({ id }: Task) => ({ task: id });
const say = (content: string): Message => ({ role: 'assistant', content });

test('an environment of ours played from afar is held to what it is held to at home', async () => {
  const { url } = await served({}, game);
  const factory = openEnv(url, { resetArgs });
  const { tasks } = game.dataset;
  for (const { run } of envChecks(factory, { tasks, answer: (_, turn) => `${turn}` })) await run();
});

test('plays the same episode as the environment itself', async () => {
  const { url } = await served({}, game);
  const [task] = game.dataset.tasks;
  const episodes = [];
  for (const factory of [game.env, openEnv(url, { resetArgs })]) {
    const env = factory(task);
    const { messages } = await env.reset({ seed: 1 });
    const first = await env.step(say('1'));
    const last = await env.step(say(String(task.row.secret)));
    await env.close();
    const { stopReason, ...end } = last;
    episodes.push([messages, first, end]);
  }
  expect(episodes[1]).toEqual(episodes[0]);
});

test('tools of a server are called in the format of the model, and its pay is the reward', async () => {
  const { url, reports } = await served();
  const env = toolEnv({ tools: openEnvTools(url, { resetArgs }) })(shop.dataset.tasks[1]);
  const { messages } = await env.reset({ seed: 1 });
  expect(messages[0].content).toContain('"price"');
  const call = (name: string, args: object) =>
    say(`<tool_call>${JSON.stringify({ name, arguments: args })}</tool_call>`);
  expect(await env.step(call('price', { item: 'jam' }))).toMatchObject({
    messages: [{ role: 'tool', content: '3' }],
  });
  const wrong = await env.step(call('price', { item: 4 }));
  expect(wrong.messages[0].content).toMatch(/^Error: .*needs the type string/);
  await env.step(say('3'));
  await env.close();
  expect(reports).toMatchObject([{ task: 'shop:1', steps: 2 }]);
});

/** A server of somebody else, which answers frames as it is told to. */
async function foreign(
  answer: (frame: { type: string; data: unknown }, socket: WebSocket) => unknown,
) {
  const schema = { title: 'EchoAction', required: ['text'], properties: { text: {} } };
  const server = createServer((_, response) => response.end(JSON.stringify({ action: schema })));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) =>
    socket.on('message', (data) => {
      const answered = answer(JSON.parse(data.toString()), socket);
      if (answered !== undefined) {
        socket.send(typeof answered === 'string' ? answered : JSON.stringify(answered));
      }
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const task: Task = { id: 'echo', messages: [{ role: 'user', content: 'Echo.' }], row: {} };
const observation = (text: string, reward: unknown = null, done = false) => ({
  type: 'observation',
  data: { observation: { text }, reward, done },
});

test('words are the one field that an action needs, JSON is an action as it stands', async () => {
  const actions: unknown[] = [];
  const url = await foreign(({ type, data }) => {
    if (type === 'close') return undefined;
    actions.push(data);
    return type === 'reset' ? observation('hello') : observation('bye', true, actions.length > 2);
  });
  const env = openEnv(url, { describe: (outcome) => String(outcome.observation.text) })(task);
  expect((await env.reset({ seed: 4 })).messages).toEqual([
    { role: 'user', content: 'Echo.' },
    { role: 'user', content: 'hello' },
  ]);
  await env.step(say('some words'));
  const end = await env.step(say('```json\n{"text": "a", "loud": true}\n```'));
  expect(end).toMatchObject({ reward: 1, terminated: true, truncated: false });
  await env.close();
  expect(actions).toEqual([{ seed: 4 }, { text: 'some words' }, { text: 'a', loud: true }]);
});

test('what the server calls invalid is told to the model, and the episode goes on', async () => {
  const url = await foreign(({ type }) =>
    type === 'reset'
      ? observation('hello')
      : { type: 'error', data: { code: 'VALIDATION_ERROR', message: 'text is too long' } },
  );
  const env = openEnv(url)(task);
  await env.reset({ seed: 1 });
  const { messages, terminated } = await env.step(say('x'));
  expect(messages[0].content).toBe('Error: the server says: text is too long');
  expect(terminated).toBe(false);
  await env.close();
});

describe('a server that', () => {
  const error = (code: string) => ({ type: 'error', data: { code, message: 'oh' } });
  test.each([
    ['throws', () => error('EXECUTION_ERROR'), 'EXECUTION_ERROR', false],
    ['is full', () => error('CAPACITY_REACHED'), 'CAPACITY_REACHED', true],
    ['sends no JSON', () => 'NaN', 'MALFORMED', false],
    ['sends half a frame', () => ({ type: 'observation', data: {} }), 'MALFORMED', false],
    ['sends NaN for a reward', () => observation('x', 'NaN'), 'MALFORMED', false],
    ['sends another type', () => ({ type: 'state', data: {} }), 'MALFORMED', false],
    ['goes away', (_: unknown, socket: WebSocket) => socket.terminate(), 'CONNECTION', true],
    ['says nothing', () => undefined, 'TIMEOUT', true],
  ] as const)('%s fails the episode', async (_, answer, code, isRetryable) => {
    const url = await foreign(({ type }, socket) =>
      type === 'reset' ? observation('hello') : answer({}, socket),
    );
    const env = openEnv(url, { messageTimeoutMs: 300 })(task);
    await env.reset({ seed: 1 });
    await expect(env.step(say('x'))).rejects.toMatchObject({ code, isRetryable });
    await env.close();
  });
});

test('nobody there, and no address', async () => {
  const env = openEnv('http://127.0.0.1:9')(task);
  await expect(env.reset({ seed: 1 })).rejects.toMatchObject({
    code: 'CONNECTION',
    isRetryable: true,
  });
  expect(() => openEnv('localhost:8000')).toThrow('needs an address');
});

test('a server that is started anew in the middle of an episode: the next one goes well', async () => {
  const first = await served({}, game);
  const port = Number(new URL(first.url).port);
  const factory = openEnv(first.url, { resetArgs });
  const [task] = game.dataset.tasks;
  const env = factory(task);
  await env.reset({ seed: 1 });
  await first.close();
  await expect(env.step(say('1'))).rejects.toMatchObject({ isRetryable: true });
  await env.close();
  const second = await served({ port }, game);
  const again = factory(task);
  await again.reset({ seed: 1 });
  expect(await again.step(say(String(task.row.secret)))).toMatchObject({ reward: 1 });
  await again.close();
  expect(first.reports.map(({ ending }) => ending)).toEqual(['abandoned']);
  expect(second.reports.map(({ ending }) => ending)).toEqual(['finished']);
});
