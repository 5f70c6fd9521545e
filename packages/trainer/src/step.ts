import { asSource } from '@grpo/envs';
import type { LogProbLoss } from '@grpo/policy';
import type { StepSize } from '@grpo/policy-loss';
import { stepSize, type TrainBatch, toBatches } from './batch.js';
import { learn } from './critic.js';
import { estimateAdvantages } from './estimate-advantages.js';
import { checkFailures } from './failures.js';
import { updateControllers } from './memories.js';
import { rollOut } from './rollout.js';
import { learningRateAt } from './schedule.js';
import { score } from './score.js';
import { LossMetrics, meanOf, rolloutMetrics } from './step-metrics.js';
import { taskOutcomes } from './task-outcomes.js';
import type { TrainConfig, TrainParts } from './types.js';

/**
 * One step of group relative policy optimisation (Shao et al. 2024, section 4.1, https://arxiv.org/abs/2402.03300):
 * tasks → G episodes of each → rewards → advantages → loss on the log-probs → gradient → optimizer.
 * With a critic, its values go into the advantages, and it learns last.
 *
 * @param step counted from 0; with the seed it decides every draw
 * @returns metrics of the step, without timings
 * @throws RunStopped where more episodes failed than the configuration allows
 */
export async function trainStep(
  parts: TrainParts,
  config: TrainConfig,
  step: number,
): Promise<Record<string, number>> {
  const { policy, reference, loss, critic } = parts;
  const { seed, promptsPerStep, numGenerations, temperature, maxGradNorm } = config;

  const source = asSource(parts.dataset);
  const start = step * promptsPerStep;
  const tasks = source.take({ seed, start, count: promptsPerStep }); // [P]
  const rollouts = await rollOut(tasks, numGenerations, {
    ...parts,
    ...config,
    sampler: policy.sampler(),
    key: [seed, 'rollout', step],
  }); // [P · G]
  const scored = await score(parts.rewards, rollouts); // [P · G][K]
  checkFailures(scored.failures, rollouts.length, config.maxFailureShare);

  const estimate = await estimateAdvantages(parts, config, step, rollouts, scored); // [P · G] or [P · G, T]
  const batches = toBatches(rollouts, estimate.advantages, config.microBatchSize, temperature);
  const size = stepSize(batches);
  const references: (Float64Array | undefined)[] = [];
  for (const { tokens } of batches) references.push(await reference?.logProbs(tokens)); // [B, T]

  const isWaiting = critic?.valueFunction.isWarm === false; // the policy, for its critic
  const iterations = isWaiting ? 0 : config.numIterations;
  const learningRate = isWaiting ? 0 : learningRateAt(step, config);
  const optimizerSteps: Record<string, number>[] = [];
  for (let iteration = 0; iteration < iterations; iteration++) {
    const lossMetrics = new LossMetrics(size.tokens);
    for (const [i, batch] of batches.entries()) {
      const batchLoss = lossOn(batch, references[i], size, loss);
      lossMetrics.add(await policy.forwardBackward(batch.tokens, batchLoss), batch);
    }
    const { gradNorm } = await policy.optimStep({ learningRate, maxGradNorm });
    updateControllers(loss, lossMetrics.means(), size.sequences);
    optimizerSteps.push({ ...lossMetrics.means(), grad_norm: gradNorm });
  }
  const valueMetrics = critic && estimate.lesson ? await learn(critic, estimate.lesson) : {};

  const outcomes = taskOutcomes(parts.rewards, rollouts, scored);

  return {
    ...source.update?.(outcomes),
    ...estimate.metrics,
    ...rolloutMetrics(rollouts, scored, parts.rewards),
    ...meanOf(optimizerSteps),
    ...valueMetrics,
    learning_rate: learningRate,
  };
}

/** The policy loss of one batch as a function of the current log-probs, all else held constant. */
function lossOn(
  { tokens, samplerLogProbs, advantages, groupIds }: TrainBatch,
  refLogProbs: Float64Array | undefined,
  step: StepSize,
  loss: TrainParts['loss'],
): LogProbLoss {
  return (logProbs) =>
    loss({
      logProbs,
      oldLogProbs: samplerLogProbs,
      ...(refLogProbs ? { refLogProbs } : {}),
      advantages,
      mask: tokens.mask,
      shape: tokens.shape,
      ...(groupIds ? { groupIds } : {}),
      step,
    });
}
