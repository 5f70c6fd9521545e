import type { CallFailure } from './call-reward.js';
import { checkResult } from './check-result.js';
import { modelTurns } from './model-turns.js';
import type { AnyReward, Episode, RewardBreakdown, RewardCall, RewardValue } from './types.js';

/** What a reward gave one episode. */
export type Outcome = (RewardBreakdown & { readonly turns?: readonly RewardValue[] }) | CallFailure;

/** One call of a reward, and the episodes that it scores. */
export interface RewardJob {
  /** Position of the reward. */
  readonly r: number;
  /** Positions of the episodes. */
  readonly members: readonly number[];
  readonly run: (call: RewardCall) => unknown;
  /** [members] what the returned value says of each. */
  readonly read: (returned: unknown) => readonly Outcome[];
}

/**
 * The calls that score episodes: one per episode, but one per group for a reward that compares.
 *
 * @param groupIds [B]
 */
export function* rewardJobs(
  rewards: readonly AnyReward[],
  episodes: readonly Episode[],
  groupIds: readonly string[],
): Generator<RewardJob> {
  const groups = new Map<string, number[]>();
  for (const [b, id] of groupIds.entries()) groups.set(id, [...(groups.get(id) ?? []), b]);
  for (const [b, episode] of episodes.entries()) {
    for (const [r, reward] of rewards.entries()) {
      if ('fn' in reward) {
        const run = (call: RewardCall) => reward.fn(episode, call);
        yield { r, members: [b], run, read: (returned) => [resultOf(returned)] };
      } else if ('turnFn' in reward) {
        const run = (call: RewardCall) => reward.turnFn(episode, call);
        const count = modelTurns(episode).length;
        yield { r, members: [b], run, read: (returned) => [turnsOf(returned, count)] };
      } else {
        const members = groups.get(groupIds[b]) ?? [b];
        if (members[0] !== b) continue; // the group was called with its first member
        const run = (call: RewardCall) =>
          reward.groupFn(
            members.map((m) => episodes[m]),
            call,
          );
        yield { r, members, run, read: (returned) => groupOf(returned, members.length) };
      }
    }
  }
}

const VALUE = 'Return a finite number, or null where the reward does not apply.';

function resultOf(returned: unknown): Outcome {
  const result = checkResult(returned);
  return 'got' in result ? invalid(`returned ${result.got}`, VALUE) : result;
}

function groupOf(returned: unknown, count: number): readonly Outcome[] {
  if (Array.isArray(returned) && returned.length === count) return returned.map(resultOf);
  const wrong = invalid(
    `returned ${listed(returned)}`,
    `Return a list of ${count}, one result per episode.`,
  );
  return Array.from({ length: count }, () => wrong);
}

function turnsOf(returned: unknown, count: number): Outcome {
  if (!Array.isArray(returned) || returned.length !== count) {
    return invalid(
      `returned ${listed(returned)}`,
      `Return a list of ${count}, one value per turn of the model.`,
    );
  }
  const turns: RewardValue[] = [];
  for (const [t, one] of returned.entries()) {
    const result = checkResult(one);
    if ('got' in result) return invalid(`returned ${result.got} for turn ${t}`, VALUE);
    turns.push(result.value);
  }
  const applicable = turns.filter((value) => value !== null);
  const value = applicable.length === 0 ? null : applicable.reduce((sum, r) => sum + r, 0);
  return { value, parts: {}, turns };
}

function listed(returned: unknown): string {
  return Array.isArray(returned) ? `a list of ${returned.length}` : 'no list';
}

function invalid(what: string, advice: string): CallFailure {
  return { kind: 'invalid', what, advice };
}
