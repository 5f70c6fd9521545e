import { ZERO_STD } from './metrics.js';
import { createRegistry, type Named } from './registry.js';
import { pick } from './score.js';
import { mean, standardDeviation } from './statistics.js';
import type { ScoredBatch } from './types.js';

/** Whether the scores [n] of one group are worth training on. */
export type GroupFilter = (scores: readonly number[]) => boolean;

/**
 * Keeps groups whose scores differ: `σ_group > tolerance`. The others have advantages of 0 from every
 * baseline within a group, and only dilute the means.
 *
 * The deviation, not the mean, decides, so that rewards need not be 0 and 1.
 *
 * @param options.tolerance a deviation up to this is rounding; default 1e-8
 */
export function varyingScores({
  tolerance = ZERO_STD,
}: {
  readonly tolerance?: number;
} = {}): GroupFilter {
  return (scores) => standardDeviation(scores) > tolerance;
}

/**
 * Keeps groups whose accuracy lies strictly inside a band: `least < (correct/n) < most`.
 *
 * Yu et al. 2025, DAPO, dynamic sampling, https://arxiv.org/abs/2503.14476.
 *
 * @param options.least the band's lower end; default 0: not none correct
 * @param options.most its upper end; default 1: not all correct
 * @param options.threshold a score above it is correct; default 0.5
 */
export function accuracyBand({
  least = 0,
  most = 1,
  threshold = 0.5,
}: {
  readonly least?: number;
  readonly most?: number;
  readonly threshold?: number;
} = {}): GroupFilter {
  return (scores) => {
    const accuracy = mean(scores.map((R) => Number(R > threshold)));
    return least < accuracy && accuracy < most;
  };
}

/** Filters of groups by name. */
export const groupFilters = createRegistry<GroupFilter>('group filter');
groupFilters.register('varying-scores', varyingScores, ['tolerance']);
groupFilters.register('accuracy-band', accuracyBand, ['least', 'most', 'threshold']);

/** What a filter left of a batch. */
export interface FilteredGroups {
  /** [B] 1 for the completions of kept groups, completions without a score included. */
  readonly keep: Uint8Array;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Tells which completions to keep, whole groups at a time. A group without scores is never kept.
 *
 * A loop that samples anew until enough groups are kept must cap its attempts: a model that solves
 * everything, or nothing, keeps no group at all.
 *
 * @returns keep [B], and `filter/kept_groups`, the share of groups that were kept
 * @example filterGroups(score({ rewards: [[1], [0], [1], [1]], groupIds: [1, 1, 2, 2] }), varyingScores()).keep // [1, 1, 0, 0]
 */
export function filterGroups(
  { scores, groups, groupOf }: ScoredBatch,
  filter: GroupFilter | Named,
): FilteredGroups {
  const isWorthIt = groupFilters.resolve(filter);
  const isKept = groups.map((members) => members.length > 0 && isWorthIt(pick(scores, members))); // [P]
  const kept = isKept.filter(Boolean).length;
  return {
    keep: Uint8Array.from(groupOf, (p) => Number(isKept[p])), // [B]
    metrics: { 'filter/kept_groups': kept / Math.max(groups.length, 1) },
  };
}
