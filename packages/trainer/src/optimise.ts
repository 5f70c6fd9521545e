import type { ForwardBackward, LogProbLoss, OptimizerChoice, TokenStatistics } from '@grpo/policy';
import type { StepSize } from '@grpo/policy-loss';
import { keyedRandom, shuffled } from '@grpo/random';
import { stepSize, type TrainBatch, toBatches } from './batch.js';
import { updateControllers } from './memories.js';
import { learningRateAt } from './schedule.js';
import { type LogProbRows, layOut } from './scored-tokens.js';
import { LossMetrics, mean, meanOf } from './step-metrics.js';
import type { Rollout, TrainConfig, TrainParts } from './types.js';

/** What the policy learns from. */
export interface Lesson {
  readonly rollouts: readonly Rollout[];
  /** [B] one per rollout, or [B, T] one per token, T those of the longest rollout. */
  readonly advantages: Float64Array;
  /** By the policy at the start of the step; default: the sampler's. */
  readonly oldLogProbs?: LogProbRows | undefined;
  readonly refLogProbs?: LogProbRows | undefined;
}

/** What the optimizer steps gave. */
export interface Optimised {
  readonly metrics: Record<string, number>;
  /** Why optimizer steps were skipped, one sentence each. */
  readonly skipped: readonly string[];
  /** Skipped steps since the last that was taken; `before` counts in. */
  readonly skippedInARow: number;
}

/** A loss or a gradient that cannot be learned from. */
class NotFinite extends Error {}

/**
 * Takes the optimizer steps of one batch of rollouts: μ passes, each over minibatches, each in micro-batches whose
 * gradients add up to that of the whole minibatch. Old and reference log-probs and advantages are constants.
 * A minibatch whose loss or gradient is not finite is skipped: weights, optimizer and controllers stay as they were.
 * So they do where no token is left to learn from, which is no fault.
 *
 * @param step counted from 0; with the seed it decides the order of the minibatches
 * @param before steps that were skipped in a row before this one
 */
export async function optimise(
  parts: Pick<TrainParts, 'policy' | 'reference' | 'loss'>,
  config: TrainConfig,
  step: number,
  lesson: Lesson,
  before = 0,
): Promise<Optimised> {
  const { policy, loss } = parts;
  const { numIterations, maxGradNorm } = config;
  const learningRate = learningRateAt(step, config);
  const taken: Record<string, number>[] = [];
  const skipped: string[] = [];
  const differences: number[] = [];
  let skippedInARow = before;

  for (let iteration = 0; iteration < numIterations; iteration++) {
    for (const rows of minibatches(lesson.rollouts, config, [step, iteration])) {
      const batches = pickBatches(lesson, rows, config);
      const size = stepSize(batches.map(({ batch }) => batch));
      if (size.tokens === 0) continue; // all failed or were cut off: there is nothing to learn
      const lossMetrics = new LossMetrics(size.tokens);
      let problem: string | undefined;
      try {
        for (const one of batches) {
          const result = await forwardBackward(parts, one, size);
          if (taken.length + skipped.length === 0) differences.push(...differencesOf(one, result));
          lossMetrics.add(result, one.batch);
        }
        const stepped = await policy.optimStep({
          learningRate,
          maxGradNorm,
          ...optimizerOf(config),
        });
        if (stepped.skipped) problem = `The gradient's norm is ${stepped.gradNorm}.`;
        else taken.push({ ...lossMetrics.means(), grad_norm: stepped.gradNorm });
      } catch (error) {
        if (!(error instanceof NotFinite)) throw error;
        policy.discardGradients();
        problem = error.message;
      }
      if (problem === undefined) {
        updateControllers(loss, lossMetrics.means(), size.sequences);
        skippedInARow = 0;
      } else {
        skipped.push(problem);
        skippedInARow++;
      }
    }
  }
  return {
    metrics: {
      ...meanOf(taken),
      ...differenceMetrics(differences),
      learning_rate: learningRate,
      skipped_steps: skipped.length,
    },
    skipped,
    skippedInARow,
  };
}

/** Rows of each optimizer step: all, or whole groups in an order of their own for each pass. */
function minibatches(
  rollouts: readonly Rollout[],
  { seed, miniBatchSize }: TrainConfig,
  key: readonly number[],
): number[][] {
  const all = rollouts.map((_, i) => i);
  if (miniBatchSize >= rollouts.length) return [all];
  const groups = new Map<string, number[]>();
  for (const i of all) {
    const { groupId } = rollouts[i];
    groups.set(groupId, [...(groups.get(groupId) ?? []), i]);
  }
  const batches: number[][] = [];
  for (const group of shuffled([...groups.values()], keyedRandom(seed, 'minibatches', ...key))) {
    const last = batches.at(-1);
    if (last && last.length + group.length <= miniBatchSize) last.push(...group);
    else batches.push([...group]);
  }
  return batches;
}

/** A micro-batch with the constants that stand beside its log-probs. */
interface MicroBatch {
  readonly batch: TrainBatch;
  /** [B, T] */
  readonly oldLogProbs?: Float64Array;
  /** [B, T] */
  readonly refLogProbs?: Float64Array;
}

function pickBatches(
  { rollouts, advantages, oldLogProbs, refLogProbs }: Lesson,
  rows: readonly number[],
  { microBatchSize, temperature }: TrainConfig,
): MicroBatch[] {
  const width = advantages.length / rollouts.length; // 1 or T
  const own = new Float64Array(rows.length * width);
  for (const [r, i] of rows.entries()) {
    own.set(advantages.subarray(i * width, (i + 1) * width), r * width);
  }
  let start = 0;
  return toBatches(
    rows.map((i) => rollouts[i]),
    own,
    microBatchSize,
    temperature,
  ).map((batch) => {
    const [b, t] = batch.tokens.shape;
    const members = rows.slice(start, start + b);
    start += b;
    const laid = (all: LogProbRows) =>
      layOut(
        members.map((i) => all[i]),
        t,
      );
    return {
      batch,
      ...(oldLogProbs && { oldLogProbs: laid(oldLogProbs) }),
      ...(refLogProbs && { refLogProbs: laid(refLogProbs) }),
    };
  });
}

/** One forward and backward pass. @throws NotFinite before a gradient is taken from what is none */
async function forwardBackward(
  { policy, reference, loss }: Pick<TrainParts, 'policy' | 'reference' | 'loss'>,
  { batch, oldLogProbs, refLogProbs }: MicroBatch,
  step: StepSize,
): Promise<ForwardBackward> {
  const { tokens, samplerLogProbs, advantages, groupIds } = batch;
  let problem: string | undefined;
  const onLogProbs: LogProbLoss = (logProbs, statistics: TokenStatistics = {}) => {
    const wrong = logProbs.findIndex((x, i) => tokens.mask[i] === 1 && !Number.isFinite(x));
    if (wrong >= 0) {
      problem = `A log-prob of the policy is ${logProbs[wrong]}.`;
      throw new NotFinite(problem);
    }
    const result = loss({
      logProbs,
      oldLogProbs: oldLogProbs ?? samplerLogProbs,
      ...(oldLogProbs && { samplerLogProbs }),
      ...(refLogProbs && { refLogProbs }),
      ...statistics,
      advantages,
      mask: tokens.mask,
      shape: tokens.shape,
      ...(groupIds && { groupIds }),
      step,
    });
    if (!Number.isFinite(result.loss) || !result.gradLogProbs.every(Number.isFinite)) {
      problem = `The loss is ${result.loss}, or its gradient is not finite.`;
      throw new NotFinite(problem);
    }
    return result;
  };
  const asked = loss.needsDistributionKl && reference ? { distributionKl: reference } : {};
  try {
    return await policy.forwardBackward(tokens, onLogProbs, { entropies: true, ...asked });
  } catch (error) {
    if (problem === undefined) throw error;
    throw new NotFinite(problem); // an engine may wrap what its loss throws
  }
}

/** |log-prob of the policy − log-prob of the sampler| of each token, before the first optimizer step. */
function differencesOf({ batch }: MicroBatch, { logProbs }: ForwardBackward): number[] {
  const { tokens, samplerLogProbs } = batch;
  return Array.from(tokens.mask.keys())
    .filter((i) => tokens.mask[i] === 1)
    .map((i) => Math.abs(logProbs[i] - samplerLogProbs[i]));
}

function differenceMetrics(differences: readonly number[]): Record<string, number> {
  if (differences.length === 0) return {};
  return {
    'sampling/sampling_logp_difference/mean': mean(differences),
    'sampling/sampling_logp_difference/max': differences.reduce((a, b) => Math.max(a, b), 0),
  };
}

function optimizerOf(config: TrainConfig) {
  const { optim, weightDecay, adamBeta1, adamBeta2, adamEpsilon, momentum } = config;
  const betas = { beta1: adamBeta1, beta2: adamBeta2 };
  return {
    optimizer: {
      adamw: { name: 'adamw', weightDecay, epsilon: adamEpsilon, ...betas },
      adam: { name: 'adam', weightDecay, epsilon: adamEpsilon, ...betas },
      sgd: { name: 'sgd', weightDecay, momentum },
      lion: { name: 'lion', weightDecay, ...betas },
    }[optim] as OptimizerChoice,
  };
}
