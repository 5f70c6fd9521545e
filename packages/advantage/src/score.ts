import type { GroupId, RewardBatch, ScoredBatch } from './types.js';

/** Options of `score`. */
export interface ScoreOptions {
  /** Bounds of a completion's sum of rewards, before penalties. */
  readonly range?: readonly [least: number, most: number] | undefined;
}

/**
 * Weighs and sums the rewards of each completion, and sorts the completions out by group:
 * `Rᵢ = clip(Σₖ wₖ rᵢₖ) − pᵢ`, where a reward that is not applicable counts 0, and a completion
 * without any applicable reward has no score.
 *
 * @param batch rewards [B][K], group ids [B], penalties p [B]
 * @param options.range least and greatest sum of rewards; default no bounds
 * @returns scores [B]; NaN where every reward is null or NaN
 * @throws where lengths differ, a reward is infinite, or another number is not finite
 * @example score({ rewards: [[1, null], [null, null]], groupIds: ['a', 'a'] }).scores // [1, NaN]
 */
export function score(batch: RewardBatch, { range }: ScoreOptions = {}): ScoredBatch {
  checkBatch(batch);
  const [least, most] = checkRange(range);
  const rawScores = Float64Array.from(batch.rewards, (row) => weightedSum(row, batch.weights));
  const scores = rawScores.map(
    (raw, i) => Math.min(Math.max(raw, least), most) - (batch.penalties?.[i] ?? 0),
  );
  const positions = new Map<GroupId, number>();
  for (const id of batch.groupIds) if (!positions.has(id)) positions.set(id, positions.size);
  const groupOf = Int32Array.from(batch.groupIds, (id) => positions.get(id) ?? -1);
  const groups: number[][] = Array.from(positions, () => []);
  scores.forEach((value, i) => {
    if (!Number.isNaN(value)) groups[groupOf[i]].push(i);
  });
  return { batch, rawScores, scores, groups, groupOf };
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

function checkBatch({ rewards, groupIds, weights, ...perCompletion }: RewardBatch): void {
  const rows = rewards.length;
  const functions = rewards[0]?.length ?? 0;
  checkLength('groupIds', groupIds, rows, 'one id per completion');
  if (weights && rows > 0) checkLength('weights', weights, functions, 'one per reward function');
  if (weights) checkFinite('weights', weights, 'Use 0 to switch a reward function off.');
  for (const [name, values] of Object.entries(perCompletion)) {
    if (values === undefined) continue;
    checkLength(name, values, rows, 'one number per completion');
    checkFinite(name, values, 'Look for it where the numbers are made.');
  }
  rewards.forEach((row, i) => {
    checkLength(`rewards[${i}]`, row, functions, 'the same number of entries in every row');
    row.forEach((reward, k) => {
      if (Math.abs(reward ?? 0) === Number.POSITIVE_INFINITY) {
        throw new Error(
          `score: rewards needs finite numbers, got ${reward} at [${i}, ${k}]. Return null where a reward is not applicable.`,
        );
      }
    });
  });
}

function checkRange(range: ScoreOptions['range']): readonly [number, number] {
  const [least, most] = range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (least <= most) return [least, most];
  throw new Error(
    `score: range needs [least, most] in this order, got [${least}, ${most}]. Swap them.`,
  );
}

function checkFinite(name: string, values: readonly number[], advice: string): void {
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong === -1) return;
  throw new Error(
    `score: ${name} needs finite numbers, got ${values[wrong]} at [${wrong}]. ${advice}`,
  );
}

function checkLength(name: string, values: ArrayLike<unknown>, length: number, what: string) {
  if (values.length === length) return;
  throw new Error(`score: ${name} needs shape [${length}], got [${values.length}]. Pass ${what}.`);
}
