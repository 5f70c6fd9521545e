import type { Task, Tool } from '@grpo/envs';
import { type Episode, type RewardValue, scoreEpisodes } from '@grpo/rewards';
import type { ResetRequest, ServedEnvironment } from '../types.js';

/** A served environment that was tried once. */
export interface Served extends ServedEnvironment {
  /** Its tools, as the first task has them; none where it has no tools. */
  readonly tools: readonly Tool[] | undefined;
}

/** The name under which what the environment gives goes, where there are no rewards. */
export const ENVIRONMENT = 'environment';

/** What an episode earned. */
export interface Score {
  /** The weighted sum; `null` where no reward applies. */
  readonly total: number | null;
  readonly values: Readonly<Record<string, RewardValue>>;
}

/** Names that OpenEnv and NeMo Gym need for themselves. */
const RESERVED = [
  ...['reset', 'step', 'state', 'close'],
  ...['verify', 'seed_session', 'aggregate_metrics', 'reverify_mode', 'mcp'],
  ...['schema', 'metadata', 'health', 'ws', 'rewards', 'get_reward'],
];

/** The names of its rewards, in their order, each with its weight. */
export function rewardsOf({ rewards }: ServedEnvironment) {
  if (rewards === undefined) return [{ name: ENVIRONMENT, weight: 1 }];
  return rewards.map(({ name, weight = 1 }) => ({ name, weight }));
}

/**
 * Looks whether an environment can be served, by opening one episode of its first task.
 *
 * @throws TypeError where it has no tasks, a reward that compares groups, or a tool of a reserved name; and
 * what the environment throws
 */
export async function tryOnce(served: ServedEnvironment): Promise<Served> {
  const { name, dataset, env, rewards = [] } = served;
  const [task] = dataset.tasks;
  if (task === undefined) {
    throw new TypeError(`serveEnv: needs tasks, got none in ${dataset.name}. Add rows.`);
  }
  const grouped = rewards.find((reward) => 'groupFn' in reward);
  if (grouped !== undefined) {
    throw new TypeError(
      `serveEnv: needs rewards of single episodes, got ${grouped.name}, which compares a group that ` +
        'this server never sees together. Leave it out here.',
    );
  }
  const episode = env(task);
  try {
    await episode.reset({ seed: 0 });
    const tools = episode.toolbox?.list();
    const taken = tools?.find((tool) => RESERVED.includes(tool.name));
    if (taken === undefined) return { ...served, tools };
    throw new TypeError(
      `serveEnv: tools of ${name} need names other than ${RESERVED.join(', ')}, got ${taken.name}. Rename it.`,
    );
  } finally {
    await episode.close();
  }
}

/**
 * What a served environment offers: its tools, if it has any, and the names and weights of its rewards.
 *
 * @throws as `serveEnv`, where it cannot be served
 */
export async function probeEnvironment(environment: ServedEnvironment) {
  const { tools } = await tryOnce(environment);
  return { tools, rewards: rewardsOf(environment) };
}

/**
 * The task that a client wants.
 *
 * @param next the number of the episode, which chooses where the client does not
 * @throws RangeError where there is no such task
 */
export function taskOf(
  { dataset: { name, tasks } }: ServedEnvironment,
  { task, seed }: ResetRequest,
  next: number,
): Task {
  const found =
    typeof task === 'string'
      ? tasks.find(({ id }) => id === task)
      : tasks[task ?? (seed ?? next) % tasks.length];
  if (found !== undefined) return found;
  throw new RangeError(
    `There is no task ${JSON.stringify(task)} in ${name}: name an id such as ${JSON.stringify(tasks[0].id)}, ` +
      `or a place from 0 to ${tasks.length - 1}.`,
  );
}

/**
 * What an episode earns: Σ w·r over the rewards that apply; of the environment alone where there are no rewards.
 *
 * @throws where a reward fails, with its reason: a failure is no number
 */
export async function scoreOf(
  { rewards }: Pick<ServedEnvironment, 'rewards'>,
  episode: Episode,
  limits: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<Score> {
  if (rewards === undefined) {
    const { environmentReward: total } = episode;
    return { total, values: { [ENVIRONMENT]: total } };
  }
  const { signal, timeoutMs } = limits;
  const scores = await scoreEpisodes(rewards, [episode], { timeoutMs, ...(signal && { signal }) });
  const [failure] = scores.failures;
  if (failure !== undefined) throw new Error(failure.reason);
  const [row] = scores.values;
  const applicable = rewards.flatMap(({ weight = 1 }, r) => {
    const value = row[r];
    return value === null ? [] : [weight * value];
  });
  return {
    total: applicable.length === 0 ? null : applicable.reduce((sum, value) => sum + value, 0),
    values: Object.fromEntries(rewards.map(({ name }, r) => [name, row[r]])),
  };
}
