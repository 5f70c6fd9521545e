import type { SampledTokens, SampleOptions, SampleRequest, Sampler } from '@grpo/policy';

/** One call of `sample`, waiting. */
interface Waiting {
  readonly requests: readonly SampleRequest[];
  readonly options: SampleOptions;
  readonly resolve: (sampled: SampledTokens[]) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Gathers calls of `sample` into batches, for samplers that decode one batch per call: many episodes that each ask
 * for one answer are then as fast as one call for all. Calls of the same turn of the event loop go together, and what
 * arrives while a batch is sampled makes up the next one. Calls with other options go in a batch of their own.
 *
 * A call whose signal is aborted rejects at once with its reason; its batch is aborted when nobody waits for it any
 * more. A batch that throws rejects all its calls.
 *
 * @param sampler its results must not depend on which requests stand together, as `Sampler` asks
 */
export function gatherRequests(sampler: Sampler): Sampler {
  let queue: Waiting[] = [];
  let isBusy = false;

  async function work(): Promise<void> {
    while (queue.length > 0) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      const batches = new Map<string, Waiting[]>();
      for (const waiting of queue) {
        if (waiting.options.signal?.aborted) continue; // has rejected already
        const { signal: _, ...kind } = waiting.options;
        const key = JSON.stringify(kind);
        batches.set(key, [...(batches.get(key) ?? []), waiting]);
      }
      queue = [];
      for (const batch of batches.values()) await sampleTogether(sampler, batch);
    }
    isBusy = false;
  }

  const sample: Sampler['sample'] = (requests, options) =>
    new Promise<SampledTokens[]>((resolve, reject) => {
      const { signal } = options;
      const stop = () => reject(signal?.reason);
      if (signal?.aborted) return stop();
      signal?.addEventListener('abort', stop, { once: true });
      const settle =
        <Value>(how: (value: Value) => void) =>
        (value: Value) => {
          signal?.removeEventListener('abort', stop);
          how(value);
        };
      queue.push({ requests, options, resolve: settle(resolve), reject: settle(reject) });
      if (isBusy) return;
      isBusy = true;
      void work();
    });
  return { ...sampler, sample };
}

/** One call for all that wait; never rejects. */
async function sampleTogether(sampler: Sampler, batch: readonly Waiting[]): Promise<void> {
  const all = new AbortController();
  const stop = () => {
    if (batch.every(({ options }) => options.signal?.aborted))
      all.abort(batch[0].options.signal?.reason);
  };
  for (const { options } of batch) options.signal?.addEventListener('abort', stop);
  try {
    const requests = batch.flatMap((waiting) => waiting.requests);
    const sampled = await sampler.sample(requests, { ...batch[0].options, signal: all.signal });
    let start = 0;
    for (const { requests, resolve } of batch) {
      resolve(sampled.slice(start, start + requests.length));
      start += requests.length;
    }
  } catch (error) {
    for (const { reject } of batch) reject(error);
  } finally {
    for (const { options } of batch) options.signal?.removeEventListener('abort', stop);
  }
}
