import { guessingGame, guessingTasks } from '@grpo/envs';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { closers, post, prices, served } from '../../fixtures/shop.js';

describe('over HTTP', () => {
  test('a session plays an episode, and a repeated request is answered again without a step', async () => {
    const { url, reports } = await served();
    const create = { jsonrpc: '2.0', id: 1, method: 'openenv/session/create' };
    const { body } = await post(`${url}/mcp`, create);
    const { session_id } = body.result;
    await post(`${url}/reset`, { session_id, task: 'shop:0' });
    const last = { session_id, request_id: 'a', action: { message: '<answer>2</answer>' } };
    const [first, second] = await Promise.all([
      post(`${url}/step`, last),
      post(`${url}/step`, last),
    ]);
    expect(first.body).toMatchObject({ reward: 1, done: true });
    expect(second).toEqual(first);
    expect(reports).toHaveLength(1);
    const again = await post(`${url}/step`, { ...last, request_id: 'b' });
    expect(again).toMatchObject({
      status: 500,
      body: { detail: expect.stringContaining('episode is finished') },
    });
    const state = await fetch(`${url}/state?session_id=${session_id}`);
    expect(await state.json()).toMatchObject({ task: 'shop:0', ending: 'finished' });
    const close = {
      jsonrpc: '2.0',
      id: 2,
      method: 'openenv/session/close',
      params: { session_id },
    };
    expect((await post(`${url}/mcp`, close)).body.result).toEqual({ session_id, closed: true });
    expect(await post(`${url}/reset`, { session_id })).toMatchObject({ status: 404 });
    expect(reports).toHaveLength(1);
  });

  test('a request by itself has an environment of its own, as on servers of OpenEnv', async () => {
    const { url, stats } = await served();
    expect((await post(`${url}/reset`, { task: 1 })).body).toMatchObject({ done: false });
    const step = await post(`${url}/step`, { action: { message: 'hi' } });
    expect(step.body).toMatchObject({ done: true, reward: 0 });
    expect((await fetch(`${url}/state`)).status).toBe(200);
    expect(stats()).toMatchObject({ sessions: { active: 0 }, episodes: { started: 2 } });
  });

  test.each([
    ['/step', { action: { message: 4 } }, 422],
    ['/step', {}, 422],
    ['/step', '{', 422],
    ['/step', '[]', 422],
    ['/reset', { seed: 0.5 }, 422],
    ['/reset', { session_id: 'no' }, 404],
    ['/nowhere', {}, 404],
    ['/schema', {}, 405],
  ])('%s with %j is answered with %i', async (path, body, status) => {
    const { url } = await served();
    expect(await post(url + path, body)).toMatchObject({ status });
  });
});

describe('JSON-RPC', () => {
  const rpc = (url: string, method: string, params = {}) =>
    post(`${url}/mcp`, { jsonrpc: '2.0', id: 'x', method, params });

  test('lists and calls tools', async () => {
    const { url } = await served();
    expect((await rpc(url, 'tools/list')).body).toMatchObject({
      jsonrpc: '2.0',
      id: 'x',
      result: { tools: [{ name: 'price', inputSchema: prices.parameters }] },
    });
    const call = { name: 'price', arguments: { item: 'jam' } };
    expect((await rpc(url, 'tools/call', call)).body.result).toEqual({
      content: [{ type: 'text', text: '3' }],
      isError: false,
    });
    expect((await rpc(url, 'tools/call', { name: 'cost' })).body.result.isError).toBe(true);
  });

  test.each([
    ['{', -32700],
    [{}, -32600],
    [{ jsonrpc: '1.0', method: 'tools/list' }, -32600],
    [{ jsonrpc: '2.0', method: 'tools/list', params: [] }, -32600],
    [{ jsonrpc: '2.0', method: 'dance' }, -32601],
    [{ jsonrpc: '2.0', method: 'tools/call' }, -32602],
    [{ jsonrpc: '2.0', method: 'openenv/session/close', params: { session_id: 'no' } }, -32602],
  ])('%j is answered with %i and status 200', async (body, code) => {
    const { url } = await served();
    expect(await post(`${url}/mcp`, body)).toMatchObject({
      status: 200,
      body: { error: { code } },
    });
  });

  test('an environment without tools says that it has none', async () => {
    const game = {
      name: 'game',
      env: guessingGame({ maxGuesses: 100 }),
      dataset: guessingTasks({ seed: 1, count: 3 }),
    };
    const { url } = await served({}, game);
    expect((await rpc(url, 'tools/list')).body.error.code).toBe(-32603);
  });

  test('goes through the session of a WebSocket, and over one of its own', async () => {
    const { url, session } = await served();
    const { ask } = await session();
    await ask('reset', { task: 0 });
    const params = { name: 'price', arguments: { item: 'tea' } };
    const answer = await ask('mcp', { jsonrpc: '2.0', id: 3, method: 'tools/call', params });
    expect(answer).toMatchObject({ id: 3, result: { content: [{ text: '2' }] } });
    expect(await ask('state')).toMatchObject({ task: 'shop:0', step_count: 1 });

    const socket = new WebSocket(`${url.replace('http', 'ws')}/mcp`);
    closers.push(async () => socket.terminate());
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 4, method: 'tools/call', params }));
    const text = await new Promise((resolve) => socket.once('message', (d) => resolve(String(d))));
    expect(JSON.parse(String(text))).toMatchObject({ id: 4, result: { isError: false } });
  });
});
