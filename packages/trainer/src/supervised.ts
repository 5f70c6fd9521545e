import type { OptimizerChoice, TokenBatch, TokenSequence, TrainablePolicy } from '@grpo/policy';
import { keyedRandom } from '@grpo/random';
import { learningRateAt, type Schedule } from './schedule.js';
import type { MetricsRecord, Tracker } from './types.js';

/**
 * One text to learn from, as ids: a prompt with its answer (stop token included), or a whole conversation with a mask of
 * what is learned, as `ChatFormat.encodeConversation` gives it.
 */
export type SupervisedExample =
  | { readonly promptIds: readonly number[]; readonly completionIds: readonly number[] }
  | TokenSequence;

export interface SupervisedConfig extends Schedule {
  readonly seed: number;
  /** Examples per step, drawn with replacement. */
  readonly batchSize: number;
  readonly maxGradNorm: number;
  /** Learn the answers alone rather than prompts and answers; TRL's completion_only_loss. Default true. */
  readonly completionOnlyLoss?: boolean;
  /** Examples per forward and backward pass; the gradient does not depend on it. Default: all. */
  readonly microBatchSize?: number;
  /** Default: the policy's own. */
  readonly optimizer?: OptimizerChoice;
}

/**
 * Supervised training: the mean negative log-likelihood of the next token, as a warm start before reinforcement learning.
 *
 * @param trackers are told of every step's loss, gradient norm and learning rate
 * @throws where an example teaches no token, or the gradient is not finite
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
  const { seed, batchSize, maxGradNorm, completionOnlyLoss = true, optimizer } = config;
  const { microBatchSize = batchSize } = config;
  const sequences = examples.map((example) => sequenceOf(example, completionOnlyLoss));
  const empty = sequences.findIndex(({ mask }) => !mask.includes(true));
  if (empty >= 0) {
    throw new Error(
      `trainSupervised: needs a token to learn in every example, got none in number ${empty}. Leave it out, or check its mask.`,
    );
  }
  for (let step = 0; step < config.maxSteps; step++) {
    const started = performance.now();
    const random = keyedRandom(seed, 'supervised', step);
    const drawn = Array.from(
      { length: batchSize },
      () => sequences[random.integer(sequences.length)],
    );
    const learned = drawn.reduce((sum, { mask }) => sum + mask.filter(Boolean).length, 0);
    let loss = 0;
    for (let start = 0; start < drawn.length; start += microBatchSize) {
      const tokens = toBatch(drawn.slice(start, start + microBatchSize));
      loss += (await forwardBackward(policy, tokens, learned)).loss;
    }
    const learningRate = learningRateAt(step, config);
    const { gradNorm, skipped = false } = await policy.optimStep({
      learningRate,
      maxGradNorm,
      ...(optimizer && { optimizer }),
    });
    if (skipped) {
      throw new Error(
        `trainSupervised: needs a finite gradient, got the norm ${gradNorm} in step ${step + 1}. Lower the learning rate.`,
      );
    }

    const seconds = (performance.now() - started) / 1000;
    const record: MetricsRecord = {
      step: step + 1,
      'supervised/loss': loss,
      grad_norm: gradNorm,
      learning_rate: learningRate,
      'time/step': seconds,
      'time/tokens_per_second': drawn.reduce((sum, { ids }) => sum + ids.length, 0) / seconds,
    };
    for (const track of trackers) await track(record);
  }
}

/** An example with the mask of what is learned; the first token is predicted by nothing. */
function sequenceOf(example: SupervisedExample, completionOnly: boolean): TokenSequence {
  if ('mask' in example) {
    return { ids: example.ids, mask: example.mask.map((isLearned, t) => isLearned && t > 0) };
  }
  const { promptIds, completionIds } = example;
  const ids = [...promptIds, ...completionIds];
  const first = completionOnly ? Math.max(1, promptIds.length) : 1;
  return { ids, mask: ids.map((_, t) => t >= first) };
}

/** Right-padded. */
function toBatch(sequences: readonly TokenSequence[]): TokenBatch {
  const t = Math.max(...sequences.map(({ ids }) => ids.length));
  const ids = new Int32Array(sequences.length * t);
  const mask = new Uint8Array(sequences.length * t);
  for (const [b, sequence] of sequences.entries()) {
    ids.set(sequence.ids, b * t);
    mask.set(sequence.mask.map(Number), b * t);
  }
  const lengths = Int32Array.from(sequences, (sequence) => sequence.ids.length);
  return { shape: [sequences.length, t], ids, lengths, mask };
}

/** L = −Σ m · log p / N with the N learned tokens of the whole step, and its gradient −m / N. */
function forwardBackward(policy: TrainablePolicy, tokens: TokenBatch, learned: number) {
  return policy.forwardBackward(tokens, (logProbs) => ({
    loss: -logProbs.reduce((sum, logProb) => sum + logProb, 0) / learned,
    gradLogProbs: Float64Array.from(tokens.mask, (m) => -m / learned),
  }));
}
