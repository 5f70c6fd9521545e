import { setMaxListeners } from 'node:events';
import type { SampledTokens, SampleOptions, SampleRequest, Sampler } from '@grpo/policy';
import { sampleParams } from './sample-params.js';
import type { SampleSource, TinkerClient } from './types.js';

/** Runs a task on a sampling session whose weights stay while it runs. */
export type WithSession = <T>(task: (samplingSessionId: string) => Promise<T>) => Promise<T>;

export interface TinkerSamplerOptions {
  /** Tokens of prompt and answer together, where the caller knows. */
  readonly contextLength?: number | undefined;
}

/** Tokens of a call of which not one had a log-prob: fewer may all be certain. */
const SUSPICIOUS = 16;

/**
 * Samples from a base model, or from weights that were published before, under their `tinker://` path. The sampler of
 * a policy that is trained is `policy.sampler()`, which publishes anew after every step.
 *
 * Never sample an old path of a model that is still trained on SkyRL's JAX server: it puts the old weights into the
 * model.
 */
export function tinkerSampler(
  client: TinkerClient,
  source: SampleSource,
  options: TinkerSamplerOptions = {},
): Sampler {
  let session: Promise<string> | undefined;
  return createRemoteSampler(
    client,
    async (task) => {
      session ??= client.openSampling(source);
      session.catch(() => {
        session = undefined;
      });
      return task(await session);
    },
    options,
  );
}

/**
 * A sampler on the sessions that `withSession` gives. One request per row, each with its seed.
 *
 * The server tells log-probs at temperature 1 with nothing cut off, so the temperature is 1, or 0. What the protocol
 * has no word for is refused: minP, repetitionPenalty, minTokens, stopStrings.
 */
export function createRemoteSampler(
  client: TinkerClient,
  withSession: WithSession,
  { contextLength }: TinkerSamplerOptions = {},
): Sampler {
  let seqId = 0;

  async function sampleOne(
    samplingSessionId: string,
    request: SampleRequest,
    index: number,
    options: SampleOptions,
    signal: AbortSignal,
  ): Promise<SampledTokens> {
    const { stopIds, onToken } = options;
    const target = { samplingSessionId, seqId: ++seqId };
    const params = sampleParams(request, options);
    const { ids, logProbs, stopReason } = await client.sample(target, request.ids, params, signal);
    for (const [t, id] of ids.entries()) {
      signal.throwIfAborted();
      onToken?.({ request: index, id, logProb: logProbs[t] });
    }
    signal.throwIfAborted();
    const last = ids.at(-1);
    // Some servers say `length` of everything but their own end token.
    if (last !== undefined && stopIds.includes(last)) {
      return { ids, logProbs, stopReason: 'stop', stoppedBy: last };
    }
    return { ids, logProbs, stopReason };
  }

  return {
    ...(contextLength !== undefined && { contextLength }),
    isContinuous: true,
    async sample(requests, options) {
      for (const request of requests) sampleParams(request, options); // refused before anything is sent
      options.signal?.throwIfAborted();
      if (requests.length === 0) return [];
      const failed = new AbortController();
      const signal = options.signal
        ? AbortSignal.any([options.signal, failed.signal])
        : failed.signal;
      setMaxListeners(0, signal); // every request listens
      const rows = withSession(async (samplingSessionId) => {
        try {
          const rows = await Promise.all(
            requests.map((request, index) =>
              sampleOne(samplingSessionId, request, index, options, signal),
            ),
          );
          assertKnownLogProbs(rows);
          return rows;
        } catch (error) {
          failed.abort(error); // the call is lost: ask for no more of it
          throw error;
        }
      });
      return Promise.race([rows, rejection(signal)]); // publishing may take longer than the caller waits
    },
  };
}

/** Never resolves. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Some servers put zeros where their engine told no log-probs. */
function assertKnownLogProbs(rows: readonly SampledTokens[]): void {
  const logProbs = rows.flatMap((row) => row.logProbs);
  if (logProbs.length < SUSPICIOUS || logProbs.some((value) => value !== 0)) return;
  throw new Error(
    `sample: needs log-probs of what was sampled, got 0 for all ${logProbs.length} tokens. The server's sampler tells none; see its configuration.`,
  );
}
