import { expect, test } from 'vitest';
import { toBatches } from './batch.js';
import { layOut, logProbRows } from './scored-tokens.js';
import type { Rollout } from './types.js';

const rollout = (tokens: number) =>
  ({
    groupId: 'a',
    ids: Array.from({ length: tokens }, (_, t) => t),
    mask: Array.from({ length: tokens }, (_, t) => t > 0),
    logProbs: Array.from({ length: tokens }, () => -1),
  }) as unknown as Rollout;

test('log-probs of batches of any size come back as one row per rollout, in other batches too', async () => {
  const rollouts = [3, 5, 2, 4].map(rollout);
  const model = {
    logProbs: async ({ ids, mask }: { ids: Int32Array; mask: Uint8Array }) =>
      Float64Array.from(ids, (id, i) => (mask[i] ? -id : 0)),
  };
  const rows = await logProbRows(model, toBatches(rollouts, new Float64Array(4), 2, 1));
  expect(rows.map((row) => [...row])).toEqual([
    [0, -1, -2, 0, 0],
    [0, -1, -2, -3, -4],
    [0, -1, 0, 0],
    [0, -1, -2, -3],
  ]);
  expect([...layOut([rows[3], rows[0]], 4)]).toEqual([0, -1, -2, -3, 0, -1, -2, 0]);
  expect([...layOut([rows[2]], 6)]).toEqual([0, -1, 0, 0, 0, 0]);
});
