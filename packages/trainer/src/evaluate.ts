import { score as weigh } from '@grpo/advantage';
import type { Dataset, Task } from '@grpo/envs';
import { weightsOf } from './greedy-scores.js';
import { passAtK } from './pass-at-k.js';
import { rollOut } from './rollout.js';
import { score } from './score.js';
import { mean } from './step-metrics.js';
import type { Rollout, TrainConfig, TrainParts } from './types.js';

/** Episodes played at once during an evaluation: bounds the memory of the sampler. */
const EPISODES_AT_ONCE = 256;

export interface Evaluation {
  /** `eval/…`; each is described in docs/algorithms/metrics.md. */
  readonly metrics: Record<string, number>;
  /** The episodes of most probable tokens, in the order of the tasks. */
  readonly rollouts: readonly Rollout[];
}

/** Fields of the configuration that an evaluation looks at. */
export type EvaluationConfig = Pick<TrainConfig, 'seed' | 'maxCompletionLength' | 'maxTurns'> &
  Partial<TrainConfig>;

export interface EvaluateOptions {
  readonly signal?: AbortSignal | undefined;
  /** Is told of each episode that has ended: how many have, and of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Plays every task of a dataset once, always taking the most probable token; with `numGenerationsEval` n, n times more
 * as in training, for pass@1, 2, 4, … n.
 * A reward that fails or does not apply counts as 0: an evaluation leaves no task out.
 */
export async function evaluate(
  parts: Pick<TrainParts, 'policy' | 'chat' | 'env' | 'rewards' | 'sampler'>,
  config: EvaluationConfig,
  dataset: Dataset,
  { signal, onProgress }: EvaluateOptions = {},
): Promise<Evaluation> {
  const { seed, temperature = 1, numGenerationsEval: n = 0, passThreshold = 1 } = config;
  const sampler = parts.sampler ?? parts.policy.sampler();
  const total = dataset.tasks.length * (1 + n);
  let done = 0;
  const play = (
    tasks: readonly Task[],
    repeats: number,
    key: string,
    heat: number,
    start: number,
  ) =>
    rollOut(tasks, repeats, {
      ...config,
      env: parts.env,
      chat: parts.chat,
      sampler,
      temperature: heat,
      key: [seed, key, start],
      onEpisode: () => onProgress?.(++done, total),
      ...(signal && { signal }),
    });
  const greedy: Rollout[] = [];
  const sampled: Rollout[] = [];
  const perRound = Math.max(1, Math.floor(EPISODES_AT_ONCE / Math.max(1, n)));
  for (let start = 0; start < dataset.tasks.length; start += perRound) {
    const tasks = dataset.tasks.slice(start, start + perRound);
    greedy.push(...(await play(tasks, 1, 'evaluate', 0, start)));
    if (n > 0) sampled.push(...(await play(tasks, n, 'evaluate sampled', temperature, start)));
  }

  const own = await scored(parts.rewards, greedy, signal);
  const metrics: Record<string, number> = {
    'eval/reward': mean(own.totals),
    'eval/greedy_pass': mean(own.totals.map((total) => Number(total >= passThreshold))),
    'eval/completions/mean_length': mean(greedy.map(({ mask }) => mask.filter(Boolean).length)),
  };
  for (const [k, { name }] of parts.rewards.entries()) {
    metrics[`eval/rewards/${name}/mean`] = mean(own.values.map((row) => row[k] ?? 0));
  }
  if (n > 0) {
    const { totals } = await scored(parts.rewards, sampled, signal);
    metrics['eval/sampled/reward'] = mean(totals);
    const passes = dataset.tasks.map(
      (_, p) => totals.slice(p * n, (p + 1) * n).filter((total) => total >= passThreshold).length,
    ); // [P]
    for (let k = 1; k <= n; k *= 2) {
      metrics[`eval/pass@${k}`] = mean(passes.map((c) => passAtK(n, c, k)));
    }
  }
  return { metrics, rollouts: greedy };
}

/** Rewards [B][K], and their weighted sums [B] with 0 where none applies. */
async function scored(
  rewards: TrainParts['rewards'],
  rollouts: readonly Rollout[],
  signal: AbortSignal | undefined,
) {
  const { values } = await score(rewards, rollouts, signal ? { signal } : {});
  const groupIds = rollouts.map((_, b) => b);
  const { scores } = weigh({ rewards: values, weights: weightsOf(rewards), groupIds });
  return { values, totals: Array.from(scores, (total) => (Number.isNaN(total) ? 0 : total)) };
}
