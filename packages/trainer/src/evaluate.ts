import type { Dataset } from '@grpo/envs';
import { rollOut } from './rollout.js';
import { score } from './score.js';
import { mean } from './step-metrics.js';
import type { Rollout, TrainConfig, TrainParts } from './types.js';

/** Episodes played at once during an evaluation: bounds the memory of the sampler. */
const EPISODES_AT_ONCE = 256;

export interface Evaluation {
  /** `eval/rewards/NAME/mean` for every reward, and `eval/completions/mean_length`. */
  readonly metrics: Record<string, number>;
  readonly rollouts: readonly Rollout[];
}

/**
 * Plays every task of a dataset once, always taking the most probable token.
 * A reward that fails or does not apply counts as 0: an evaluation leaves no task out.
 */
export async function evaluate(
  parts: Pick<TrainParts, 'policy' | 'chat' | 'env' | 'rewards'>,
  config: Pick<TrainConfig, 'seed' | 'maxCompletionLength' | 'maxTurns'>,
  dataset: Dataset,
): Promise<Evaluation> {
  const rollouts: Rollout[] = [];
  for (let start = 0; start < dataset.tasks.length; start += EPISODES_AT_ONCE) {
    const tasks = dataset.tasks.slice(start, start + EPISODES_AT_ONCE);
    const options = { temperature: 0, key: [config.seed, 'evaluate', start] };
    const sampler = parts.policy.sampler();
    rollouts.push(...(await rollOut(tasks, 1, { ...parts, ...config, ...options, sampler })));
  }
  const { values } = await score(parts.rewards, rollouts);
  const metrics: Record<string, number> = {
    'eval/completions/mean_length': mean(rollouts.map(({ mask }) => mask.filter(Boolean).length)),
  };
  for (const [k, { name }] of parts.rewards.entries()) {
    metrics[`eval/rewards/${name}/mean`] = mean(values.map((row) => row[k] ?? 0));
  }
  return { metrics, rollouts };
}
