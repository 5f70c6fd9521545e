import type { GroupId, RewardBatch, ScoredBatch } from './types.js';

/**
 * Weighs and sums the rewards of each completion, and sorts the completions out by group:
 * `Rᵢ = Σₖ wₖ rᵢₖ`, where a reward that is not applicable counts 0, and a completion without any
 * applicable reward has no score.
 *
 * @param batch rewards [B][K], group ids [B]
 * @returns scores [B]; NaN where every reward is null or NaN
 * @throws where lengths differ, a reward is infinite, or a weight is not finite
 * @example score({ rewards: [[1, null], [null, null]], groupIds: ['a', 'a'] }).scores // [1, NaN]
 */
export function score(batch: RewardBatch): ScoredBatch {
  checkBatch(batch);
  const scores = Float64Array.from(batch.rewards, (row) => weightedSum(row, batch.weights));
  const positions = new Map<GroupId, number>();
  for (const id of batch.groupIds) if (!positions.has(id)) positions.set(id, positions.size);
  const groupOf = Int32Array.from(batch.groupIds, (id) => positions.get(id) ?? -1);
  const groups: number[][] = Array.from(positions, () => []);
  scores.forEach((value, i) => {
    if (!Number.isNaN(value)) groups[groupOf[i]].push(i);
  });
  return { batch, scores, groups, groupOf };
}

/** The values at the given indices. */
export function pick(values: ArrayLike<number>, indices: readonly number[]): number[] {
  return indices.map((i) => values[i]);
}

/** The indices of all completions that have a score. */
export function scoredIndices({ groups }: ScoredBatch): number[] {
  return groups.flat();
}

function weightedSum(row: readonly (number | null)[], weights: readonly number[] | undefined) {
  let sum = 0;
  let applicable = false;
  row.forEach((reward, k) => {
    if (reward === null || Number.isNaN(reward)) return;
    sum += (weights?.[k] ?? 1) * reward;
    applicable = true;
  });
  return applicable ? sum : Number.NaN;
}

function checkBatch({ rewards, groupIds, weights, ...perRow }: RewardBatch): void {
  const rows = rewards.length;
  const functions = rewards[0]?.length ?? 0;
  checkLength('groupIds', groupIds, rows, 'one id per completion');
  if (weights) {
    if (rows > 0) checkLength('weights', weights, functions, 'one weight per reward function');
    weights.forEach((weight, k) => {
      if (!Number.isFinite(weight)) {
        throw new Error(
          `score: weights needs finite numbers, got ${weight} at [${k}]. Use 0 to switch a reward function off.`,
        );
      }
    });
  }
  for (const [name, values] of Object.entries(perRow)) {
    if (values !== undefined) checkLength(name, values, rows, 'one number per completion');
  }
  rewards.forEach((row, i) => {
    checkLength(`rewards[${i}]`, row, functions, 'the same number of entries in every row');
    row.forEach((reward, k) => {
      if (reward === Number.POSITIVE_INFINITY || reward === Number.NEGATIVE_INFINITY) {
        throw new Error(
          `score: rewards needs finite numbers, got ${reward} at [${i}, ${k}]. Return null where a reward is not applicable.`,
        );
      }
    });
  });
}

function checkLength(name: string, values: ArrayLike<unknown>, length: number, what: string) {
  if (values.length === length) return;
  throw new Error(`score: ${name} needs shape [${length}], got [${values.length}]. Pass ${what}.`);
}
