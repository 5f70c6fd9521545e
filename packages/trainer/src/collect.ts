import { filterGroups, score as weigh } from '@grpo/advantage';
import type { Task, TaskSource } from '@grpo/envs';
import { checkFailures } from './failures.js';
import { weightsOf } from './greedy-scores.js';
import { rollOut } from './rollout.js';
import { score } from './score.js';
import type { Collected, PlayedGroup, Rollout, Scores, TrainConfig, TrainParts } from './types.js';

/** Where a step begins. */
export interface CollectOptions {
  /** Counted from 0. */
  readonly step: number;
  /** Tasks taken from the source so far. */
  readonly position: number;
  /** Groups that the step before left over. */
  readonly unused: readonly PlayedGroup[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Plays and scores P groups, in rounds. With dynamic sampling (Yu et al. 2025, DAPO, section 3.2,
 * https://arxiv.org/abs/2503.14476) groups that teach nothing are left out and further rounds are played, up to the
 * cap; where fewer are found, the step makes do with them, and where none is, with the first P as they are.
 *
 * @throws RunStopped where more episodes failed than the configuration allows
 */
export async function collect(
  parts: TrainParts,
  config: TrainConfig,
  source: TaskSource,
  options: CollectOptions,
): Promise<Collected> {
  const { promptsPerStep, numGenerations, generationBatchSize, dynamicSamplingRounds } = config;
  const isDynamic = dynamicSamplingRounds > 1;
  const perRound = Math.min(promptsPerStep, Math.floor(generationBatchSize / numGenerations));
  const rounds = isDynamic ? dynamicSamplingRounds : Math.ceil(promptsPerStep / perRound);

  const groups: PlayedGroup[] = [];
  let kept = [...options.unused];
  let taken = 0;
  let round = 0;
  for (; round < rounds && kept.length < promptsPerStep; round++) {
    const count = isDynamic ? perRound : Math.min(perRound, promptsPerStep - taken);
    const start = options.position + taken;
    const tasks = source.take({ seed: config.seed, start, count });
    taken += count;
    const played = await playRound(parts, config, tasks, { ...options, round });
    groups.push(...played);
    kept.push(...(isDynamic ? keepInformative(played, parts, config) : played));
  }
  const isEmpty = kept.length === 0;
  if (isEmpty) kept = groups.slice(0, promptsPerStep);
  const used = joined(kept.slice(0, promptsPerStep));
  const everything = joined(groups);
  checkFailures(everything.scores.failures, everything.rollouts.length, config.maxFailureShare);
  return {
    ...used,
    played: everything,
    unused: config.keepsUnusedGroups ? kept.slice(promptsPerStep) : [],
    taken,
    metrics: isDynamic
      ? {
          'dynamic_sampling/rounds': round,
          'dynamic_sampling/kept_groups': isEmpty ? 0 : Math.min(kept.length, promptsPerStep),
        }
      : {},
  };
}

/** One round: G episodes of each task, scored, group by group. */
async function playRound(
  parts: TrainParts,
  config: TrainConfig,
  tasks: readonly Task[],
  { step, round, signal }: Pick<CollectOptions, 'step' | 'signal'> & { readonly round: number },
): Promise<PlayedGroup[]> {
  const play = parts.rollOut ?? rollOut;
  const rollouts = await play(tasks, config.numGenerations, {
    ...config,
    env: parts.env,
    chat: parts.chat,
    sampler: parts.sampler ?? parts.policy.sampler(),
    isTrainedOn: true,
    key: [config.seed, 'rollout', step, ...(round > 0 ? [round] : [])],
    ...(signal && { signal }),
  }); // [P · G]
  const scores = await score(parts.rewards, rollouts, signal ? { signal } : {});
  return groupsOf(rollouts, scores, `${step}.${round}`);
}

/** Groups in the order of their first rollout; their ids become the run's own. */
function groupsOf(
  rollouts: readonly Rollout[],
  { values, parts = [], turns = [], failures }: Scores,
  prefix: string,
): PlayedGroup[] {
  const members = new Map<string, number[]>();
  for (const [i, { groupId }] of rollouts.entries()) {
    members.set(groupId, [...(members.get(groupId) ?? []), i]);
  }
  return [...members].map(([groupId, own]) => ({
    rollouts: own.map((i) => ({ ...rollouts[i], groupId: `${prefix}.${groupId}` })),
    values: own.map((i) => values[i]),
    parts: own.map((i) => parts[i] ?? {}),
    turns: own.map((i) => turns[i] ?? {}),
    failures: failures.flatMap((failure) => {
      const episode = own.indexOf(failure.episode);
      return episode < 0 ? [] : [{ ...failure, episode }];
    }),
  }));
}

/** The groups that the filter keeps. */
function keepInformative(
  groups: readonly PlayedGroup[],
  { rewards }: TrainParts,
  { groupFilter }: TrainConfig,
): PlayedGroup[] {
  const groupIds = groups.flatMap(({ rollouts }, g) => rollouts.map(() => g));
  const values = groups.flatMap((group) => group.values);
  const { keep } = filterGroups(
    weigh({ rewards: values, weights: weightsOf(rewards), groupIds }),
    groupFilter,
  ); // [B]
  return groups.filter((_, g) => keep[groupIds.indexOf(g)] === 1);
}

/** Groups side by side, as one list of rollouts with its scores. */
function joined(groups: readonly PlayedGroup[]): {
  readonly rollouts: readonly Rollout[];
  readonly scores: Scores;
} {
  const starts: number[] = [];
  let count = 0;
  for (const { rollouts } of groups) {
    starts.push(count);
    count += rollouts.length;
  }
  return {
    rollouts: groups.flatMap(({ rollouts }) => rollouts),
    scores: {
      values: groups.flatMap(({ values }) => values),
      parts: groups.flatMap(({ parts }) => parts),
      turns: groups.flatMap(({ turns }) => turns),
      failures: groups.flatMap(({ failures }, g) =>
        failures.map((failure) => ({ ...failure, episode: starts[g] + failure.episode })),
      ),
    },
  };
}
