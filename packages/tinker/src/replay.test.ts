import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initBackend } from '@grpo/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordedModel } from '../fixtures/tiny-model.mjs';
import { connectTinker } from './client.js';
import { startStandIn } from './stand-in/stand-in.js';
import type { StandIn } from './stand-in/types.js';
import { TinkerError } from './transport/tinker-error.js';
import { createTransport } from './transport/transport.js';
import type { Carrier, Datum, TinkerClient } from './types.js';

interface Exchange {
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly req: Record<string, unknown> | null;
  readonly status: number;
  readonly resp: unknown;
}

const file = new URL('../fixtures/transcript.jsonl', import.meta.url);
const exchanges = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Exchange);
const routeOf = ({ path }: Exchange) => path.replace('/api/v1/', '');
/** The recorded request whose datums are an empty list: it is never answered. */
const EMPTY_LIST = '33';
/** What was recorded of an answer that was no JSON, as it came over the wire. */
const textOf = (resp: unknown) => /^b'(.*)'$/.exec(typeof resp === 'string' ? resp : '')?.[1];
const scratch = mkdtempSync(join(tmpdir(), 'grpo-replay-'));
afterAll(() => rmSync(scratch, { recursive: true }));

test('the whole transcript is there', () => {
  expect(exchanges).toHaveLength(167);
});

describe('the stand-in answers every recorded request as the server did', () => {
  let server: StandIn;
  /** Ids that were recorded, and those of the stand-in. */
  const ids = new Map<string, string>();
  beforeAll(async () => {
    await initBackend('wasm');
    server = await startStandIn({
      createModel: recordedModel,
      vocabularySize: 104,
      maxModels: 64,
      folder: scratch,
      pollMs: 500,
    });
  });
  afterAll(() => server.dispose());

  async function send(method: string, route: string, body: unknown) {
    const response = await fetch(`${server.url}/api/v1/${route}`, {
      method,
      ...(body !== null && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      text,
      json: text.startsWith('{') ? JSON.parse(text) : undefined,
    };
  }
  const post = async (route: string, body: object) => (await send('POST', route, body)).json;

  /** Makes what the request names and no recorded exchange made. */
  async function provide({ req, path, status }: Exchange): Promise<void> {
    if (status === 404) return;
    const named =
      JSON.stringify([req, path]).match(/\b(session|model|sampling)_[0-9a-f]{8}\b/g) ?? [];
    for (const id of named.filter((one) => !ids.has(one))) {
      const { session_id } = await post('create_session', { tags: [], sdk_version: 'test' });
      const base_model = 'base-models/tiny';
      if (id.startsWith('session')) ids.set(id, session_id);
      if (id.startsWith('model')) {
        const lora_config = { rank: 8, seed: 7 };
        const { model_id, request_id } = await post('create_model', {
          session_id,
          base_model,
          lora_config,
        });
        await post('retrieve_future', { request_id });
        ids.set(id, model_id);
      }
      if (id.startsWith('sampling')) {
        const sampling = { session_id, sampling_session_seq_id: 0, base_model };
        ids.set(id, (await post('create_sampling_session', sampling)).sampling_session_id);
      }
    }
  }
  const translated = <T>(value: T, by: ReadonlyMap<string, string>): T => {
    let text = JSON.stringify(value);
    for (const [from, to] of by) text = text.replaceAll(from, to);
    return JSON.parse(text) as T;
  };
  const requestIds = new Map<string, string>();

  /** Learns which id stands for which, and compares all else: keys, types, sizes, words. */
  function compare(recorded: unknown, got: unknown, at: string): void {
    if (Array.isArray(recorded)) {
      expect([at, Array.isArray(got)]).toEqual([at, true]);
      const list = got as unknown[];
      const isSampled = /tokens$|sequences\.\d\.logprobs$/.test(at); // may end with a stop token
      if (!isSampled) expect([at, list.length]).toEqual([at, recorded.length]);
      for (const [i, one] of list.entries())
        compare(recorded[Math.min(i, recorded.length - 1)], one, `${at}.${i}`);
    } else if (typeof recorded === 'object' && recorded !== null) {
      expect([at, Object.keys(got as object).sort()]).toEqual([at, Object.keys(recorded).sort()]);
      for (const [key, value] of Object.entries(recorded)) {
        compare(value, (got as Record<string, unknown>)[key], `${at}.${key}`);
      }
    } else if (typeof recorded === 'string') {
      expect([at, typeof got]).toEqual([at, 'string']);
      const is = String(got);
      if (/\.(request_id|future_id)$/.test(at))
        requestIds.set(recorded, requestIds.get(recorded) ?? is);
      else if (/\.(session_id|model_id|sampling_session_id)$/.test(at))
        ids.set(recorded, ids.get(recorded) ?? is);
      if (/time$|stop_reason$/.test(at)) return;
      const own = requestIds.get(recorded) ?? ids.get(recorded) ?? translated(recorded, ids);
      expect([at, is]).toEqual([at, own]);
    } else if (typeof recorded === 'number') {
      expect([at, typeof got]).toEqual([at, 'number']);
      if (/status|rank|alpha|seed|limit|offset|total|shape/.test(at))
        expect([at, got]).toEqual([at, recorded]);
    } else expect([at, got]).toEqual([at, recorded]);
  }

  test('in their order, ids translated', async () => {
    for (const [i, exchange] of exchanges.entries()) {
      const at = `${i} ${exchange.path}`;
      await provide(exchange);
      const { req, status, resp } = exchange;
      const body = translated(req, ids);
      // Of the one poll that came to nothing, the request was not recorded: an empty list is like it.
      const asks = status === 408 ? EMPTY_LIST : String(body?.request_id);
      const request = requestIds.get(asks);
      const sent = request ? { ...body, request_id: request } : body;
      const ask = () => send(exchange.method, translated(routeOf(exchange), ids), sent);
      let got = await ask();
      while (got.status === 408 && status !== 408) got = await ask();
      expect([at, got.status]).toEqual([at, status]);
      const text = textOf(resp);
      if (text !== undefined) expect([at, got.text]).toEqual([at, text]);
      else compare(resp, got.json, at);
    }
  }, 240_000);
});

describe('the client takes every recorded answer', () => {
  let server: Server;
  let url = '';
  /** What the server says next, whatever is asked; polls are answered by their id. */
  let says: (route: string, body: Record<string, unknown>) => Exchange | undefined = () =>
    undefined;
  const bodies: [route: string, body: Record<string, unknown>][] = [];
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const route = (request.url ?? '').replace('/api/v1/', '');
      const body = text === '' ? {} : JSON.parse(text);
      bodies.push([route, body]);
      const { status, resp } = says(route, body) ?? { status: 404, resp: { detail: 'Not Found' } };
      response.writeHead(status).end(textOf(resp) ?? JSON.stringify(resp));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test('as it is, or as an error with its words', async () => {
    const limits = { timeoutMs: 60_000, retries: 1, retryDelayMs: 1, maxResponseBytes: 2 ** 20 };
    const transport = createTransport({ url, ...limits });
    const { signal } = new AbortController();
    for (const [i, exchange] of exchanges.entries()) {
      const at = `${i} ${exchange.path}`;
      says = () => exchange;
      bodies.length = 0;
      const { method, req, status, resp } = exchange;
      const body = req === null ? {} : { body: req };
      const call = {
        method,
        route: routeOf(exchange),
        repeats: 'always',
        signal,
        ...body,
      } as const;
      const got = await transport.send(call).catch((error: unknown) => error);
      if (status < 300) {
        const known = textOf(resp) === '' ? undefined : JSON.parse(JSON.stringify(resp)); // no -0
        expect([at, got]).toEqual([at, known]);
      } else {
        expect([at, got instanceof TinkerError && got.status]).toEqual([at, status]);
        const { detail } = resp as { detail?: unknown };
        const words = Array.isArray(detail) ? detail[0].msg.slice(0, 60) : (detail ?? textOf(resp));
        expect((got as Error).message).toContain(words);
      }
      expect([at, bodies.length]).toEqual([at, status >= 500 || status === 408 ? 2 : 1]);
      expect(bodies[0][1]).toEqual(req ?? {});
    }
  });

  /** What the client is to be asked so that it sends a recorded request; undefined where it never does. */
  function asked(client: TinkerClient, exchange: Exchange): (() => Promise<unknown>) | undefined {
    const req = exchange.req ?? {};
    const to = { modelId: String(req.model_id), seqId: Number(req.seq_id ?? 1) };
    const inputOf = (name: string) =>
      req[name] as { data: Datum[]; loss_fn: Carrier; loss_fn_config?: object };
    const settled = async <T>(submitted: Promise<{ result: Promise<T> }>) =>
      (await submitted).result;
    switch (routeOf(exchange)) {
      case 'get_server_capabilities':
        return () => client.models();
      case 'create_model': {
        const { rank, seed } = req.lora_config as { rank: number; seed?: number };
        return () => client.createModel({ baseModel: String(req.base_model), rank, seed });
      }
      case 'unload_model':
        return () => client.unloadModel(to.modelId);
      case 'forward': {
        const { data } = inputOf('forward_input');
        return isWhole(data) ? () => settled(client.forward(to, data)) : undefined;
      }
      case 'forward_backward': {
        const { data, loss_fn, loss_fn_config } = inputOf('forward_backward_input');
        if (loss_fn_config || !isWhole(data)) return undefined;
        return () => settled(client.forwardBackward(to, data, loss_fn));
      }
      case 'optim_step': {
        const adam = req.adam_params as Record<string, number>;
        if (adam.beta1 === undefined) return undefined; // the client names every setting
        const {
          learning_rate: learningRate,
          beta1,
          beta2,
          eps: epsilon,
          weight_decay: weightDecay = 0,
        } = adam;
        return () =>
          settled(client.optimStep(to, { learningRate, beta1, beta2, epsilon, weightDecay }));
      }
      case 'save_weights':
        return () => client.saveWeights(to, String(req.path));
      case 'load_weights':
        return () => client.loadWeights(to, String(req.path), req.optimizer === true);
      case 'save_weights_for_sampler':
        return req.path === undefined ? () => client.publish(to) : undefined;
      case 'create_sampling_session':
        return () => client.openSampling({ modelPath: String(req.model_path) });
      default:
        return undefined;
    }
  }
  const isWhole = (data: readonly Datum[]) =>
    data.length > 0 &&
    data.every(({ loss_fn_inputs }) => 'target_tokens' in loss_fn_inputs) &&
    data.every(({ model_input, loss_fn_inputs }) => {
      const { tokens } = model_input.chunks[0];
      return Object.values(loss_fn_inputs).every((one) => one.data.length === tokens.length);
    });

  test('and sends what was recorded where it can say it', async () => {
    const session = exchanges[2];
    says = (route) => (route === 'create_session' ? session : undefined);
    const client = await connectTinker({ url, tags: ['a'], retries: 1, retryDelayMs: 1 });
    const counted = new Map<string, number>();
    for (const [i, exchange] of exchanges.entries()) {
      const ask = asked(client, exchange);
      if (ask === undefined) continue;
      const { request_id: id } = exchange.resp as { request_id?: string };
      const result = exchanges.find(
        (one, j) => j > i && one.path.endsWith('retrieve_future') && one.req?.request_id === id,
      );
      if (id !== undefined && result === undefined) continue; // its result was not recorded
      says = (route) => (route === 'retrieve_future' ? result : exchange);
      bodies.length = 0;
      const got = await ask().catch((error: unknown) => error);
      const failed = [exchange, result].find((one) => one !== undefined && one.status >= 300);
      if (failed) {
        expect(got).toBeInstanceOf(TinkerError);
        const { detail } = failed.resp as { detail: unknown };
        if (typeof detail === 'string') expect(String(got)).toContain(detail);
        else expect((got as TinkerError).status).toBe(failed.status);
      } else expect([i, got instanceof Error && got.message]).toEqual([i, false]);
      const [route, sent] = bodies[0];
      expect(route).toBe(routeOf(exchange));
      const {
        session_id: _,
        model_seq_id: _n,
        sampling_session_seq_id: _s,
        ...own
      } = exchange.req ?? {};
      expect([i, sent]).toMatchObject([i, own]);
      counted.set(route, (counted.get(route) ?? 0) + 1);
    }
    client.close();
    expect(Object.fromEntries(counted)).toMatchObject({
      create_model: expect.any(Number),
      forward: expect.any(Number),
      forward_backward: expect.any(Number),
      optim_step: expect.any(Number),
      save_weights: expect.any(Number),
      load_weights: expect.any(Number),
      save_weights_for_sampler: 1,
      create_sampling_session: 1,
      unload_model: expect.any(Number),
    });
  });
});
