import * as bodies from './protocol/bodies.js';
import { checkDatums } from './protocol/datum.js';
import { objectOf, textOf } from './protocol/fields.js';
import * as read from './protocol/results.js';
import { openSession } from './session.js';
import { createQueue } from './transport/queue.js';
import type { ClientLimits, TinkerClient, TinkerOptions } from './types.js';

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
  tags,
  signal,
  ...given
}: TinkerOptions): Promise<TinkerClient> {
  const limits = checkedLimits({ ...LIMITS, ...given });
  const session = await openSession({ url, apiKey, tags, signal, limits });
  const samples = createQueue(limits.maxSamples, limits.maxWaiting);
  let modelNumber = 0;
  let samplingNumber = 0;

  return {
    url,
    sessionId: session.id,
    limits,

    models: () =>
      session.ask({ method: 'GET', route: 'get_server_capabilities', read: read.readModels }),

    createModel: (lora) =>
      session.run({
        route: 'create_model',
        body: bodies.modelBody(session.id, modelNumber++, lora),
        read: textIn('model_id'),
        repeats: 'if-turned-away',
      }),

    unloadModel: (modelId) =>
      session.run({
        route: 'unload_model',
        body: bodies.unloadBody(modelId),
        read: nothing,
        repeats: 'never', // a server that is gone has unloaded it
      }),

    forward(to, data) {
      const lengths = checkDatums('forward', data, limits);
      return session.submit({
        route: 'forward',
        body: bodies.forwardBody(to, data),
        read: (result) => read.readLogProbs(result, lengths),
      });
    },

    forwardBackward(to, data, loss) {
      const lengths = checkDatums('forwardBackward', data, limits);
      return session.submit({
        route: 'forward_backward',
        body: bodies.forwardBackwardBody(to, data, loss),
        read: (result) => read.readLogProbs(result, lengths),
      });
    },

    optimStep: (to, adam) =>
      session.submit({
        route: 'optim_step',
        body: bodies.optimStepBody(to, adam),
        read: read.readOptimStep,
      }),

    saveWeights: (to, name) =>
      session.run({
        route: 'save_weights',
        body: bodies.saveBody(to, name),
        read: textIn('path'),
      }),

    loadWeights: (to, path, optimizer) =>
      session.run({
        route: 'load_weights',
        body: bodies.loadBody(to, path, optimizer),
        read: nothing,
        repeats: 'if-turned-away',
      }),

    publish: (to) =>
      session.run({
        route: 'save_weights_for_sampler',
        body: bodies.publishBody(to, samplingNumber++),
        read: textIn('sampling_session_id'),
      }),

    openSampling: (source) =>
      session.ask({
        route: 'create_sampling_session',
        body: bodies.samplingSessionBody(session.id, samplingNumber++, source),
        read: textIn('sampling_session_id'),
      }),

    sample: (target, ids, params, signal) =>
      samples(
        () =>
          session.run({
            route: 'asample',
            body: bodies.sampleBody(target, ids, params),
            read: (result) => read.readSample(result, params.maxTokens),
            signal,
          }),
        signal,
      ),

    checkpoints: (modelId) =>
      session.ask({
        method: 'GET',
        route: `training_runs/${encodeURIComponent(modelId)}/checkpoints`,
        read: read.readCheckpoints,
      }),

    async deleteCheckpoint(path) {
      const [model, kind, name] = partsOf(path);
      await session.ask({
        method: 'DELETE',
        route: `training_runs/${model}/checkpoints/${kind}/${name}`,
        read: () => undefined, // 204
        repeats: 'if-turned-away',
      });
    },

    close: session.close,
  };
}

/** Reads an answer for one text. */
const textIn = (name: string) => (answer: unknown) => textOf(objectOf(answer), name);

/** Reads an answer that only says that it is done. */
const nothing = (answer: unknown): void => {
  objectOf(answer);
};

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
