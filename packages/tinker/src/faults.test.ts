import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toTokenBatch } from '@grpo/policy';
import { initBackend } from '@grpo/tensor';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { tinyModel, VOCABULARY_SIZE } from '../fixtures/tiny-model.mjs';
import { connectTinker, findReduction, type TinkerError, tinkerPolicy } from './index.js';
import { datumOf } from './protocol/datum.js';
import { type Fault, type SeenRequest, type StandIn, startStandIn } from './testing.js';
import type { TinkerClient, TinkerOptions } from './types.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-faults-'));
const open: (() => unknown)[] = [];
beforeAll(async () => {
  await initBackend('wasm');
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
afterAll(() => rmSync(scratch, { recursive: true }));

const KEY = 'tml-not-to-be-told';
const lora = { baseModel: 'base-models/tiny', rank: 4, seed: 7, reduction: 'skyrl-jax' } as const;
const ids = [11, 4, 12, 5, 6, 7, 13];
const batch = toTokenBatch([{ ids, mask: ids.map((_, t) => t >= 3) }]);
const datum = datumOf(ids, { weights: ids.slice(1).map(() => 1) });
const towardsMore = (logProbs: Float64Array) => ({
  loss: -logProbs.reduce((sum, x) => sum + x, 0),
  gradLogProbs: Float64Array.from(batch.mask, (m) => -m),
});
const step = { learningRate: 0.01 };
const drawn = { maxTokens: 4, stopIds: [3] };
const prompt = { ids: [1, 5, 2], seed: 7 };

/** A server with faults that can be changed while it runs, and a client that does not wait long between attempts. */
async function start(options: Partial<TinkerOptions> = {}, pollMs = 300_000) {
  let fault: (request: SeenRequest) => Fault | undefined = () => undefined;
  const server = await startStandIn({
    createModel: tinyModel,
    vocabularySize: VOCABULARY_SIZE,
    folder: mkdtempSync(join(scratch, 'server-')),
    pollMs,
    fault: (request) => fault(request),
  });
  open.push(() => server.dispose());
  const limits = { retries: 2, retryDelayMs: 1, ...options };
  const client = await connectTinker({ url: server.url, apiKey: KEY, ...limits });
  open.push(() => client.close());
  return {
    server,
    client,
    /** The next requests of a route meet the faults, one each; further ones meet none. */
    meet(route: string, ...faults: readonly Fault[]) {
      const left = [...faults];
      fault = (request) => (request.route === route ? left.shift() : undefined);
    },
    always(is: Fault, unless: (request: SeenRequest) => boolean = () => false) {
      fault = (request) => (unless(request) ? undefined : is);
    },
    heal() {
      fault = () => undefined;
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const sent = (server: StandIn, route: string) =>
  server.requests.filter((request) => request.route === route);
const errorOf = async (task: Promise<unknown>) =>
  (await task.then(
    () => undefined,
    (error: unknown) => error,
  )) as TinkerError;
const forward = async (client: TinkerClient, modelId: string, seqId = 1) =>
  (await client.forward({ modelId, seqId }, [datum])).result;

describe('an answer that is none', () => {
  const answers: [string, string][] = [
    ['no JSON', '<html>proxy</html>'],
    ['a list', '[]'],
    ['no outputs', '{"metrics":{}}'],
    ['too few outputs', '{"loss_fn_outputs":[]}'],
    ['too few numbers', '{"loss_fn_outputs":[{"logprobs":{"data":[-1]}}]}'],
    ['texts for numbers', '{"loss_fn_outputs":[{"logprobs":{"data":["a","b","c","d","e","f"]}}]}'],
    ['null', `{"loss_fn_outputs":[{"logprobs":{"data":[-1,null,-1,-1,-1,-1]}}]}`],
  ];
  test.each(answers)('%s is told, and not asked for again', async (_, text) => {
    const { server, client, meet } = await start();
    const modelId = await client.createModel(lora);
    meet('retrieve_future', { status: 200, text });
    const before = sent(server, 'retrieve_future').length;
    expect(await errorOf(forward(client, modelId))).toMatchObject({ kind: 'malformed' });
    expect(sent(server, 'retrieve_future')).toHaveLength(before + 1);
  });

  test('a longer one than allowed is cut off', async () => {
    const { client, meet } = await start({ maxResponseBytes: 1000 });
    meet('get_server_capabilities', { status: 200, text: `{"a":"${'x'.repeat(2000)}"}` });
    const error = await errorOf(client.models());
    expect(error.message).toContain('at most 1000 bytes');
  });
});

test('a log-prob that is NaN on the server arrives as null and is an error', async () => {
  const { client } = await start();
  const modelId = await client.createModel(lora);
  const unknown = datumOf([1, VOCABULARY_SIZE, 2], { weights: [1, 1] });
  const { result } = await client.forward({ modelId, seqId: 1 }, [unknown]);
  expect((await errorOf(result)).message).toContain('null, which stands for NaN on the server');
});

test('what the server would not notice is refused here, and nothing is sent', async () => {
  const { server, client } = await start();
  const to = { modelId: await client.createModel(lora), seqId: 1 };
  const before = server.requests.length;
  const wrong = [
    [],
    [datumOf([1, -1], { weights: [1] })],
    [datumOf([1, 2, 3], { weights: [1] })],
    [datumOf([1, 2], { weights: [Number.NaN] })],
  ];
  for (const data of wrong) {
    await expect(async () => client.forward(to, data)).rejects.toThrow(/^forward: needs/);
  }
  expect(server.requests).toHaveLength(before);
});

test('a batch without a token to learn from asks the server for nothing', async () => {
  const { server, client } = await start();
  const policy = await tinkerPolicy(client, lora);
  const before = server.requests.length;
  const nothing = { ...batch, mask: new Uint8Array(batch.mask.length) };
  expect(await policy.logProbs(nothing)).toEqual(new Float64Array(batch.mask.length));
  const { loss } = await policy.forwardBackward(nothing, () => ({
    loss: 0,
    gradLogProbs: new Float64Array(batch.mask.length),
  }));
  expect(loss).toBe(0);
  expect(await policy.sampler().sample([], drawn)).toEqual([]);
  expect(server.requests).toHaveLength(before);
});

describe('trouble that passes', () => {
  test('a poll that ends with 408 is asked again, with the same number', async () => {
    const { server, client, meet } = await start({}, 1);
    const modelId = await client.createModel(lora);
    const late = { status: 408, text: '{"detail":"Timeout waiting for result"}' };
    meet('retrieve_future', late, late, late, late); // more often than the retries
    expect((await forward(client, modelId))[0]).toHaveLength(6);
    const asked = new Set(sent(server, 'retrieve_future').map(({ body }) => JSON.stringify(body)));
    expect(asked.size).toBe(2); // of create_model and of forward
  });

  test.each([408, 425, 429, 500, 503])(
    'a sample that is answered %d is sent again',
    async (status) => {
      const { server, client, meet } = await start();
      const policy = await tinkerPolicy(client, lora);
      const wanted = await policy.sampler().sample([prompt], drawn);
      const before = sent(server, 'asample').length;
      meet('asample', { status, text: '{"detail":"Checkpoint is still being created"}' });
      expect(await policy.sampler().sample([prompt], drawn)).toEqual(wanted);
      expect(sent(server, 'asample')).toHaveLength(before + 2);
    },
  );

  test('a step whose answers are lost is sent again and done once', async () => {
    const { server, client, meet } = await start();
    const [policy, local] = [await tinkerPolicy(client, lora), tinyModel(lora)];
    open.push(() => local.dispose());
    for (const one of [policy, local]) await one.forwardBackward(batch, towardsMore);
    meet('forward_backward', 'answer-lost', 'answer-lost');
    await policy.optimStep(step);
    await local.optimStep(step);
    for (const one of [policy, local]) await one.forwardBackward(batch, towardsMore);
    meet('optim_step', 'answer-lost');
    await policy.optimStep(step);
    await local.optimStep(step);
    const [remote, here] = [await policy.logProbs(batch), await local.logProbs(batch)];
    expect(Math.max(...remote.map((x, i) => Math.abs(x - here[i])))).toBeLessThan(1e-5);
    expect(sent(server, 'forward_backward')).toHaveLength(4);
    expect(sent(server, 'optim_step')).toHaveLength(3);
  });

  test('a number that stands for another request is refused by the server, and told', async () => {
    const { client } = await start();
    const modelId = await client.createModel(lora);
    await forward(client, modelId, 1);
    const other = datumOf([1, 2, 3], { weights: [1, 1] });
    expect(await errorOf(client.forward({ modelId, seqId: 1 }, [other]))).toMatchObject({
      status: 409,
      message: expect.stringContaining('sequence number was reused'),
    });
  });

  test('a checkpoint and a publication whose answers are lost are made under another name', async () => {
    const { server, client, meet } = await start();
    const policy = await tinkerPolicy(client, lora);
    meet('save_weights', 'answer-lost');
    await policy.save(join(scratch, 'twice'));
    const { path } = JSON.parse(readFileSync(join(scratch, 'twice', 'tinker.json'), 'utf8'));
    const saved = await client.checkpoints(policy.modelId);
    expect(saved.map((one) => one.path)).toContain(path);
    meet('save_weights_for_sampler', 'answer-lost');
    expect(await policy.sampler().sample([prompt], drawn)).toHaveLength(1);
    expect(sent(server, 'save_weights')).toHaveLength(3); // one, again, under another name
  });
});

describe('trouble that stays', () => {
  test('a server that vanishes is told after the retries; a step that broke off must be loaded over', async () => {
    const { client, always, heal } = await start();
    const policy = await tinkerPolicy(client, lora);
    await policy.save(join(scratch, 'before'));
    const before = await policy.logProbs(batch);
    await policy.forwardBackward(batch, towardsMore);
    always('dropped');
    const error = await errorOf(policy.optimStep(step));
    expect(error).toMatchObject({ kind: 'unreachable' });
    expect(error.message).toMatch(/forward_backward cannot be reached: .* Tried 3 times\./);
    heal();
    await expect(policy.logProbs(batch)).rejects.toThrow('Load the last checkpoint');
    await policy.load(join(scratch, 'before'));
    expect(await policy.logProbs(batch)).toEqual(before);
  });

  test('a server that says nothing is told after the time limits', async () => {
    const { client, always } = await start({
      timeoutMs: 20,
      pollTimeoutMs: 20,
      resultTimeoutMs: 90,
    });
    const modelId = await client.createModel(lora);
    always('silent', ({ route }) => route !== 'retrieve_future');
    const late = await errorOf(forward(client, modelId));
    expect(late).toMatchObject({ kind: 'timeout' });
    expect(late.message).toContain('gave no result within 90 ms');
    always('silent');
    expect((await errorOf(client.models())).message).toMatch(/within 20 ms.* Tried 3 times/);
  });

  test('a server that was restarted has lost the models: told as such, and a checkpoint brings them back', async () => {
    const { server, client } = await start();
    const policy = await tinkerPolicy(client, lora);
    await policy.forwardBackward(batch, towardsMore);
    await policy.optimStep(step);
    await policy.save(join(scratch, 'stepped'), { optimizer: true });
    const stepped = await policy.logProbs(batch);
    await server.restart();
    const error = await errorOf(policy.logProbs(batch));
    expect(error).toMatchObject({ kind: 'lost' });
    expect(error.message).toContain('not loaded');
    await policy.load(join(scratch, 'stepped'));
    expect(await policy.logProbs(batch)).toEqual(stepped);
    expect(await policy.sampler().sample([prompt], drawn)).toHaveLength(1);
  });

  test('a session that the server gave up ends every further request', async () => {
    const { client, always } = await start({ heartbeatMs: 1 });
    const gone = { status: 404, text: '{"detail":"Session not found"}' };
    always(gone, ({ route }) => route !== 'session_heartbeat');
    await expect
      .poll(async () => (await errorOf(client.models()))?.message)
      .toContain('resume from the last checkpoint');
  });

  test('an engine that fails says why', async () => {
    const { client } = await start();
    const error = await errorOf(client.createModel({ ...lora, rank: 64 }));
    expect(error).toMatchObject({ kind: 'failed', status: 400 });
    expect(error.message).toContain('LoRA rank 64 must be between 1 and 16');
  });
});

describe('abort', () => {
  test('a call of the sampler ends with the reason, and others go on', async () => {
    const { client, always } = await start();
    const policy = await tinkerPolicy(client, lora);
    const sampler = policy.sampler();
    await sampler.sample([prompt], drawn);
    always('silent', ({ body }) => JSON.stringify(body)?.includes('"seed":7') !== true);
    const abort = new AbortController();
    const waiting = sampler.sample([prompt], { ...drawn, signal: abort.signal });
    const other = sampler.sample([{ ...prompt, seed: 8 }], drawn);
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(await other).toHaveLength(1);
  });

  test('closing the client ends what is under way', async () => {
    const { client, always } = await start();
    const modelId = await client.createModel(lora);
    always('silent');
    const waiting = errorOf(forward(client, modelId));
    client.close();
    expect((await waiting).message).toBe('tinker: the client is closed.');
  });
});

describe('the key', () => {
  test('stands in a header of each request and in no error, whatever the server repeats', async () => {
    const keys = new Set<unknown>();
    const server = createServer((request, response) => {
      keys.add(request.headers['x-api-key']);
      response.writeHead(401).end(JSON.stringify({ detail: `no such key: ${KEY}` }));
    });
    const url = await listen(server);
    const error = await errorOf(connectTinker({ url, apiKey: KEY }));
    expect(error).toMatchObject({ kind: 'refused', status: 401 });
    expect(error.message).toContain('no such key: [key]');
    expect(JSON.stringify([error, error.stack])).not.toContain(KEY);
    expect([...keys]).toEqual([KEY]);
  });

  test('does not follow a redirect', async () => {
    const { server: elsewhere } = await start();
    const before = elsewhere.requests.length;
    const server = createServer((_, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/api/v1/client/config` }).end();
    });
    const url = await listen(server);
    expect(await errorOf(connectTinker({ url, apiKey: KEY }))).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('redirect'),
    });
    expect(elsewhere.requests).toHaveLength(before);
  });
});

test('an address where nothing listens is told at once', async () => {
  const { server } = await start();
  await server.stop();
  const error = await errorOf(connectTinker({ url: server.url }));
  expect(error).toMatchObject({ kind: 'unreachable' });
});

test.each(['sum', 'skyrl-jax'] as const)('the probe finds the reduction %s', async (reduction) => {
  const server = await startStandIn({
    createModel: tinyModel,
    vocabularySize: VOCABULARY_SIZE,
    folder: mkdtempSync(join(scratch, 'server-')),
    reduction,
  });
  open.push(() => server.dispose());
  const client = await connectTinker({ url: server.url });
  open.push(() => client.close());
  expect(await findReduction(client, lora)).toBe(reduction);
  const { carrier } = await tinkerPolicy(client, { ...lora, reduction: 'probe' });
  expect(carrier).toBe(reduction === 'sum' ? 'cross_entropy' : 'importance_sampling');
  expect(sent(server, 'unload_model')).toHaveLength(2); // the scratch models
});
