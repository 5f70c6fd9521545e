import { setMaxListeners } from 'node:events';
import * as bodies from './protocol/bodies.js';
import { checkDatums } from './protocol/datum.js';
import { objectOf, textOf } from './protocol/fields.js';
import * as read from './protocol/results.js';
import { retrieve } from './protocol/retrieve.js';
import { createQueue } from './transport/queue.js';
import { messageOf, TinkerError } from './transport/tinker-error.js';
import { type Call, createTransport } from './transport/transport.js';
import type { ClientLimits, Submitted, TinkerClient, TinkerOptions } from './types.js';

const LIMITS: ClientLimits = {
  maxDatums: 1024,
  maxBytes: 5_000_000,
  maxSamples: 64,
  maxWaiting: 20_000,
  maxResponseBytes: 64 * 2 ** 20,
  timeoutMs: 60_000,
  pollTimeoutMs: 45_000,
  resultTimeoutMs: 1_800_000,
  retries: 8,
  retryDelayMs: 500,
  heartbeatMs: 10_000,
};
/** What a request does when it is sent twice. */
type Repeats = Call['repeats'];

/**
 * Opens a session on a server of the Tinker protocol and keeps it alive.
 *
 * Requests that the server tells apart by their number, and those that only read, are sent again after 408, 429, 5xx,
 * a time-out or a broken connection. Those that would do a thing twice are sent again only where the server turned
 * them away or was not reached.
 *
 * @throws TinkerError where there is no such server, or it refuses the session
 */
export async function connectTinker({
  url,
  apiKey,
  tags = ['grpo'],
  signal: callerSignal,
  ...given
}: TinkerOptions): Promise<TinkerClient> {
  const limits = checkedLimits({ ...LIMITS, ...given });
  const transport = createTransport({ url, apiKey, ...limits });
  const closing = new AbortController();
  const always = callerSignal ? AbortSignal.any([closing.signal, callerSignal]) : closing.signal;
  setMaxListeners(0, always);
  const samples = createQueue(limits.maxSamples, limits.maxWaiting);
  let lost: TinkerError | undefined;
  let modelNumber = 0;
  let samplingNumber = 0;

  const signalOf = (signal?: AbortSignal) => (signal ? AbortSignal.any([always, signal]) : always);

  /** Sends a request and reads its answer; what cannot be read is the server's error. */
  async function call<T>(
    route: string,
    body: unknown,
    reader: (answer: unknown) => T,
    { repeats = 'always' as Repeats, method = 'POST' as Call['method'], signal = always } = {},
  ): Promise<T> {
    if (lost) throw lost;
    const request = { method, route, repeats, signal, ...(body !== undefined && { body }) };
    return readBy(route, reader, await transport.send(request), method);
  }

  function readBy<T>(
    route: string,
    reader: (answer: unknown) => T,
    answer: unknown,
    method: Call['method'] = 'POST',
  ): T {
    try {
      return reader(answer);
    } catch (error) {
      throw transport.fail(
        { method, route },
        'malformed',
        `answered otherwise than expected: ${messageOf(error)}.`,
      );
    }
  }

  /** Submits a request whose result is a future. Resolves once the server took it. */
  async function submit<T>(
    route: string,
    body: unknown,
    reader: (result: unknown) => T,
    { repeats = 'always' as Repeats, signal = always } = {},
  ): Promise<Submitted<T>> {
    const send = () => call(route, body, read.readRequestId, { repeats, signal });
    const requestId = await send();
    const polls = retrieve(transport, requestId, {
      ...limits,
      of: route,
      resubmit: repeats === 'always' ? send : undefined,
      signal,
    });
    const result = polls.then((answer) => readBy(route, reader, answer));
    result.catch(() => {}); // whoever awaits it is told
    return { result };
  }

  // The first contact is tried once: a wrong address is told at once.
  const config = await transport.once({
    method: 'POST',
    route: 'client/config',
    body: { sdk_version: bodies.VERSION },
    repeats: 'always',
    signal: always,
  });
  const flags = config.status === 200 ? objectOf(config.body) : {};
  if (flags.pjwt_auth_enabled === true && !apiKey?.startsWith('eyJ')) {
    throw new Error(
      'connectTinker: needs a token (a JWT, which starts with eyJ) as apiKey, got a server that takes no other key. Exchange the key at auth/token first.',
    );
  }
  const sessionId = await call('create_session', bodies.sessionBody(tags), read.readSession);

  let isBeating = false;
  const heart = setInterval(async () => {
    if (isBeating) return;
    isBeating = true;
    try {
      await call('session_heartbeat', bodies.heartbeatBody(sessionId), objectOf);
    } catch (error) {
      // Other trouble shows in the requests that somebody waits for.
      if (error instanceof TinkerError && error.kind === 'lost') {
        lost = new TinkerError(
          'lost',
          `${error.message} The session is gone: resume from the last checkpoint.`,
          error.status,
        );
      }
    } finally {
      isBeating = false;
    }
  }, limits.heartbeatMs);
  heart.unref();

  return {
    url,
    sessionId,
    limits,

    models: () => call('get_server_capabilities', undefined, read.readModels, { method: 'GET' }),

    async createModel(lora) {
      const body = bodies.modelBody(sessionId, modelNumber++, lora);
      let named: unknown;
      const requestId = await call(
        'create_model',
        body,
        (answer) => {
          named = objectOf(answer).model_id;
          return read.readRequestId(answer);
        },
        { repeats: 'if-turned-away' },
      );
      const result = await retrieve(transport, requestId, {
        ...limits,
        of: 'create_model',
        signal: always,
      });
      return readBy(
        'create_model',
        (answer) => textOf({ model_id: named, ...objectOf(answer) }, 'model_id'),
        result,
      );
    },

    async unloadModel(modelId) {
      // Tried once: a server that is gone has unloaded it.
      const route = 'unload_model';
      const body = bodies.unloadBody(modelId);
      const call = {
        method: 'POST',
        route,
        body,
        repeats: 'if-turned-away',
        signal: always,
      } as const;
      const answer = await transport.once(call);
      const requestId = readBy(route, read.readRequestId, answer.body);
      await retrieve(transport, requestId, { ...limits, of: route, signal: always });
    },

    forward(to, data) {
      const lengths = checkDatums('forward', data, limits);
      return submit('forward', bodies.forwardBody(to, data), (answer) =>
        read.readLogProbs(answer, lengths),
      );
    },

    forwardBackward(to, data, loss) {
      const lengths = checkDatums('forwardBackward', data, limits);
      return submit('forward_backward', bodies.forwardBackwardBody(to, data, loss), (answer) =>
        read.readLogProbs(answer, lengths),
      );
    },

    optimStep: (to, adam) =>
      submit('optim_step', bodies.optimStepBody(to, adam), read.readOptimStep),

    async saveWeights(to, name) {
      const { result } = await submit('save_weights', bodies.saveBody(to, name), (answer) =>
        textOf(objectOf(answer), 'path'),
      );
      return result;
    },

    async loadWeights(to, path, optimizer) {
      const { result } = await submit(
        'load_weights',
        bodies.loadBody(to, path, optimizer),
        objectOf,
        {
          repeats: 'if-turned-away',
        },
      );
      await result;
    },

    async publish(to) {
      const body = bodies.publishBody(to, samplingNumber++);
      const { result } = await submit('save_weights_for_sampler', body, (answer) =>
        textOf(objectOf(answer), 'sampling_session_id'),
      );
      return result;
    },

    openSampling: (source) =>
      call(
        'create_sampling_session',
        bodies.samplingSessionBody(sessionId, samplingNumber++, source),
        (answer) => textOf(objectOf(answer), 'sampling_session_id'),
      ),

    sample(target, ids, params, signal) {
      const either = signalOf(signal);
      return samples(async () => {
        const body = bodies.sampleBody(target, ids, params);
        const reader = (answer: unknown) => read.readSample(answer, params.maxTokens);
        const { result } = await submit('asample', body, reader, { signal: either });
        return result;
      }, either);
    },

    checkpoints: (modelId) =>
      call(
        `training_runs/${encodeURIComponent(modelId)}/checkpoints`,
        undefined,
        read.readCheckpoints,
        {
          method: 'GET',
        },
      ),

    deleteCheckpoint: async (path) => {
      const [model, kind, name] = partsOf(path);
      await call(`training_runs/${model}/checkpoints/${kind}/${name}`, undefined, () => undefined, {
        method: 'DELETE',
        repeats: 'if-turned-away',
      });
    },

    close() {
      clearInterval(heart);
      closing.abort(new Error('tinker: the client is closed.'));
    },
  };
}

/** Model, kind and name of `tinker://<model>/<kind>/<name>`. */
function partsOf(path: string): string[] {
  const match = /^tinker:\/\/([^/]+)\/(weights|sampler_weights)\/([\w-]+)$/.exec(path);
  if (match) return match.slice(1).map(encodeURIComponent);
  throw new Error(
    `deleteCheckpoint: needs a path such as tinker://MODEL/weights/NAME, got ${JSON.stringify(path)}.`,
  );
}

function checkedLimits(limits: ClientLimits): ClientLimits {
  for (const [name, value] of Object.entries(limits)) {
    const least = ['retries', 'retryDelayMs', 'maxWaiting'].includes(name) ? 0 : 1;
    if (Number.isInteger(value) && value >= least) continue;
    throw new Error(
      `connectTinker: needs a whole number of at least ${least} as ${name}, got ${value}.`,
    );
  }
  return limits;
}
