import type { LogProbLoss, TrainablePolicy } from '@grpo/policy';
import { keyedRandom } from '@grpo/random';
import { learningRateAt, type Schedule } from './schedule.js';
import type { MetricsRecord, Tracker } from './types.js';

/** One text to learn from, as ids. */
export interface SupervisedExample {
  readonly promptIds: readonly number[];
  /** The answer, stop token included. */
  readonly completionIds: readonly number[];
}

export interface SupervisedConfig extends Schedule {
  readonly seed: number;
  /** Examples per step, drawn with replacement. */
  readonly batchSize: number;
  readonly maxGradNorm: number;
  /** Learn the answers alone rather than prompts and answers; TRL's completion_only_loss. Default true. */
  readonly completionOnlyLoss?: boolean;
}

/**
 * Supervised training: the mean negative log-likelihood of the next token, as a warm start before reinforcement learning.
 *
 * @param trackers are told of every step's loss, gradient norm and learning rate
 */
export async function trainSupervised(
  policy: TrainablePolicy,
  examples: readonly SupervisedExample[],
  config: SupervisedConfig,
  trackers: readonly Tracker[] = [],
): Promise<void> {
  if (examples.length === 0) {
    throw new Error('trainSupervised: needs at least one example, got none. Check the dataset.');
  }
  const { seed, batchSize, maxGradNorm, completionOnlyLoss = true } = config;
  for (let step = 0; step < config.maxSteps; step++) {
    const started = performance.now();
    const random = keyedRandom(seed, 'supervised', step);
    const drawn = Array.from(
      { length: batchSize },
      () => examples[random.integer(examples.length)],
    );
    const tokens = toBatch(drawn, completionOnlyLoss);
    const { loss } = await policy.forwardBackward(tokens, negativeLogLikelihood(tokens.mask));
    const learningRate = learningRateAt(step, config);
    const { gradNorm } = await policy.optimStep({ learningRate, maxGradNorm });

    const seconds = (performance.now() - started) / 1000;
    const record: MetricsRecord = {
      step: step + 1,
      'supervised/loss': loss,
      grad_norm: gradNorm,
      learning_rate: learningRate,
      'time/step': seconds,
      'time/tokens_per_second': tokens.lengths.reduce((sum, n) => sum + n, 0) / seconds,
    };
    for (const track of trackers) await track(record);
  }
}

function toBatch(examples: readonly SupervisedExample[], completionOnly: boolean) {
  const rows = examples.map(({ promptIds, completionIds }) => [...promptIds, ...completionIds]);
  const t = Math.max(...rows.map((row) => row.length));
  const ids = new Int32Array(rows.length * t);
  const mask = new Uint8Array(rows.length * t);
  for (const [b, row] of rows.entries()) {
    ids.set(row, b * t);
    const first = completionOnly ? examples[b].promptIds.length : 1;
    mask.fill(1, b * t + first, b * t + row.length);
  }
  const lengths = Int32Array.from(rows, (row) => row.length);
  return { shape: [rows.length, t] as const, ids, lengths, mask };
}

/** L = −Σ m · log p / Σ m, and its gradient −m / Σ m. */
function negativeLogLikelihood(mask: Uint8Array): LogProbLoss {
  const tokens = mask.reduce((sum, m) => sum + m, 0);
  return (logProbs) => ({
    loss: -logProbs.reduce((sum, logProb) => sum + logProb, 0) / tokens,
    gradLogProbs: Float64Array.from(mask, (m) => -m / tokens),
  });
}
