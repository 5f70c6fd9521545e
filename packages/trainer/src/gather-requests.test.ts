import { setTimeout as sleep } from 'node:timers/promises';
import type { SampleOptions, Sampler } from '@grpo/policy';
import { expect, test } from 'vitest';
import { gatherRequests } from './gather-requests.js';

const options: SampleOptions = { maxTokens: 4, stopIds: [0] };
const ask = (id: number) => [{ ids: [id], seed: id }];

/** Says the prompt again, and remembers its batches. */
function echo(work: (signal?: AbortSignal) => Promise<void> = async () => {}) {
  const batches: number[][] = [];
  const sampler: Sampler = {
    async sample(requests, { signal }) {
      batches.push(requests.map(({ seed }) => seed));
      await work(signal);
      return requests.map(({ ids }) => ({ ids, logProbs: [-1], stopReason: 'stop' }));
    },
  };
  return { sampler: gatherRequests(sampler), batches };
}
const idsOf = (sampled: readonly { readonly ids: readonly number[] }[]) =>
  sampled.map((s) => s.ids[0]);

test('calls of one turn of the event loop become one batch, and each gets its own answers', async () => {
  const { sampler, batches } = echo();
  const calls = [sampler.sample(ask(1), options), sampler.sample([...ask(2), ...ask(3)], options)];
  await Promise.resolve();
  calls.push(sampler.sample(ask(4), { ...options }));
  expect((await Promise.all(calls)).map(idsOf)).toEqual([[1], [2, 3], [4]]);
  expect(batches).toEqual([[1, 2, 3, 4]]);
});

test('what arrives while a batch is sampled makes up the next one', async () => {
  const { sampler, batches } = echo(() => sleep(10));
  const first = sampler.sample(ask(1), options);
  await sleep(3);
  const rest = [2, 3, 4].map((id) => sampler.sample(ask(id), options));
  await Promise.all([first, ...rest]);
  expect(batches).toEqual([[1], [2, 3, 4]]);
  await sampler.sample(ask(5), options);
  expect(batches).toHaveLength(3);
});

test('calls with other options go in a batch of their own', async () => {
  const { sampler, batches } = echo();
  const other = { ...options, temperature: 0 };
  await Promise.all([
    sampler.sample(ask(1), options),
    sampler.sample(ask(2), other),
    sampler.sample(ask(3), options),
  ]);
  expect(batches).toEqual([[1, 3], [2]]);
});

test('a batch that throws rejects all its calls and none of the next', async () => {
  let calls = 0;
  const { sampler } = echo(async () => {
    if (calls++ === 0) throw new Error('no memory');
  });
  const settled = await Promise.allSettled([1, 2].map((id) => sampler.sample(ask(id), options)));
  expect(settled.map((one) => one.status === 'rejected' && one.reason.message)).toEqual([
    'no memory',
    'no memory',
  ]);
  expect(idsOf(await sampler.sample(ask(3), options))).toEqual([3]);
});

test('an aborted call rejects at once; its batch goes on for the others and stops with the last', async () => {
  let seen: AbortSignal | undefined;
  const { sampler } = echo(async (signal) => {
    seen = signal;
    await sleep(20);
  });
  const [a, b] = [new AbortController(), new AbortController()];
  const first = sampler.sample(ask(1), { ...options, signal: a.signal });
  const second = sampler.sample(ask(2), { ...options, signal: b.signal });
  await sleep(5);
  a.abort('enough');
  await expect(first).rejects.toBe('enough');
  expect(seen?.aborted).toBe(false);
  b.abort('me too');
  await expect(second).rejects.toBe('me too');
  expect(seen?.aborted).toBe(true);
  await expect(sampler.sample(ask(3), { ...options, signal: a.signal })).rejects.toBe('enough');
});
