import { asSource } from '@grpo/envs';
import { rewardKl } from '@grpo/policy-loss';
import { toBatches } from './batch.js';
import { collect } from './collect.js';
import { learn } from './critic.js';
import { estimateAdvantages, type Penalties } from './estimate-advantages.js';
import { optimise } from './optimise.js';
import { type LogProbRows, layOut, logProbRows } from './scored-tokens.js';
import { rolloutMetrics } from './step-metrics.js';
import { taskOutcomes } from './task-outcomes.js';
import type { Collected, PlayedGroup, Rollout, TrainConfig, TrainParts } from './types.js';

/** Where a step begins; all but its number has a default that fits a run without dynamic sampling. */
export interface StepStart {
  /** Counted from 0; with the seed it decides every draw. */
  readonly step: number;
  /** Tasks taken from the source so far. Default step · promptsPerStep. */
  readonly position?: number;
  /** Groups that the step before left over. */
  readonly unused?: readonly PlayedGroup[];
  /** Its episodes, where they were played while the step before was learned from. */
  readonly ahead?: Collected | Promise<Collected> | undefined;
  /** Optimizer steps skipped in a row so far. */
  readonly skippedInARow?: number;
  readonly signal?: AbortSignal | undefined;
  readonly hooks?: StepHooks;
}

/** Are told what a step made, between its parts, and awaited. */
export interface StepHooks {
  readonly onRollouts?: (collected: Collected) => void | Promise<void>;
  /** [B] or [B, T] of `collected.rollouts`. */
  readonly onAdvantages?: (advantages: Float64Array, collected: Collected) => void | Promise<void>;
}

/** What a step did, and where the next one begins. */
export interface StepResult {
  /** Without what depends on the machine. */
  readonly metrics: Record<string, number>;
  /** Seconds spent on each part of the step. */
  readonly seconds: Readonly<Record<'rollout' | 'advantage' | 'optimise' | 'critic', number>>;
  readonly collected: Collected;
  /** [B] or [B, T] of `collected.rollouts`. */
  readonly advantages: Float64Array;
  readonly position: number;
  readonly unused: readonly PlayedGroup[];
  /** The episodes of the next step, which are being played. */
  readonly ahead?: Promise<Collected> | undefined;
  /** Why optimizer steps were skipped. */
  readonly skipped: readonly string[];
  readonly skippedInARow: number;
}

/**
 * One step of group relative policy optimisation (Shao et al. 2024, section 4.1, https://arxiv.org/abs/2402.03300):
 * tasks → G episodes of each → rewards → advantages → loss on the log-probs → gradient → optimizer.
 * With a critic, its values go into the advantages, and it learns last.
 *
 * @throws RunStopped where more episodes failed than the configuration allows
 */
export async function trainStep(
  parts: TrainParts,
  config: TrainConfig,
  start: StepStart,
): Promise<StepResult> {
  const { step, position = step * config.promptsPerStep, unused = [], signal, hooks = {} } = start;
  const clock = stopwatch();

  const source = asSource(parts.dataset);
  const begin = { step, position, unused, signal };
  const collected = await (start.ahead ?? collect(parts, config, source, begin));
  const { rollouts, scores } = collected; // [B]
  const rollout = clock();
  await hooks.onRollouts?.(collected);
  const next = {
    step: step + 1,
    position: position + collected.taken,
    unused: collected.unused,
    signal,
  };
  const isFollowed = config.overlapsRollouts && next.step < config.maxSteps;
  const frozen = isFollowed ? await frozenParts(parts) : undefined; // before the weights move
  const ahead = frozen && collect(frozen, config, source, next);
  ahead?.catch(() => {}); // the next step is told

  const scored = await scoreTokens(parts, config, rollouts);
  const estimate = await estimateAdvantages(
    parts,
    config,
    step,
    rollouts,
    scores,
    scored.penalties,
  );
  await hooks.onAdvantages?.(estimate.advantages, collected);
  const advantage = clock();

  const isWaiting = parts.critic?.valueFunction.isWarm === false; // the policy, for its critic
  const lesson = { ...scored, rollouts: learnedFrom(rollouts, config), ...estimate };
  const { metrics, skipped, skippedInARow } = isWaiting
    ? { metrics: { learning_rate: 0 }, skipped: [], skippedInARow: start.skippedInARow ?? 0 }
    : await optimise(parts, config, step, lesson, start.skippedInARow);
  const optimised = clock();

  const { critic } = parts;
  const valueMetrics = critic && estimate.lesson ? await learn(critic, estimate.lesson) : {};
  const outcomes = taskOutcomes(parts.rewards, collected.played.rollouts, collected.played.scores);
  return {
    metrics: {
      ...source.update?.(outcomes),
      ...collected.metrics,
      ...estimate.metrics,
      ...rolloutMetrics(collected.played.rollouts, collected.played.scores, parts.rewards),
      ...scored.metrics,
      ...metrics,
      ...valueMetrics,
    },
    seconds: { rollout, advantage, optimise: optimised, critic: clock() },
    collected,
    advantages: estimate.advantages,
    position: next.position,
    unused: next.unused,
    ahead,
    skipped,
    skippedInARow,
  };
}

/** @throws where the policy cannot sample from weights that stay while it learns */
async function frozenParts(parts: TrainParts): Promise<TrainParts> {
  const sampler = parts.sampler ? undefined : await parts.policy.frozenSampler?.();
  if (sampler) return { ...parts, sampler };
  throw new Error(
    `trainStep: overlapsRollouts needs a policy that samples while it learns, such as one on a server, got ${parts.sampler ? 'a sampler of its own' : 'one without frozenSampler'}. Leave it out.`,
  );
}

/** Log-probs that are constants of the step, and the KL that is taken off the rewards. */
interface ScoredTokens {
  readonly oldLogProbs?: LogProbRows | undefined;
  readonly refLogProbs?: LogProbRows | undefined;
  readonly penalties?: Penalties;
  readonly metrics: Readonly<Record<string, number>>;
}

async function scoreTokens(
  { policy, reference, loss }: TrainParts,
  { microBatchSize, temperature, recomputesOldLogProbs, rewardKlCoefficient: beta }: TrainConfig,
  rollouts: readonly Rollout[],
): Promise<ScoredTokens> {
  const batches = toBatches(
    rollouts,
    new Float64Array(rollouts.length),
    microBatchSize,
    temperature,
  );
  const oldLogProbs = recomputesOldLogProbs ? await logProbRows(policy, batches) : undefined;
  const isAsked = beta > 0 || !loss.needsDistributionKl; // else the engine takes the divergence itself
  const refLogProbs = reference && isAsked ? await logProbRows(reference, batches) : undefined;
  const rows = { oldLogProbs, refLogProbs };
  if (beta === 0) return { ...rows, metrics: {} };
  if (!refLogProbs) {
    throw new Error(
      'trainStep: rewardKlCoefficient needs a reference to measure the KL from, got none. Pass parts.reference.',
    );
  }
  const [{ tokens, samplerLogProbs }] = toBatches(
    rollouts,
    new Float64Array(rollouts.length),
    rollouts.length,
    temperature,
  );
  const { mask, shape } = tokens;
  const { perToken, perSequence, metrics } = rewardKl({
    oldLogProbs: oldLogProbs ? layOut(oldLogProbs, shape[1]) : samplerLogProbs,
    refLogProbs: layOut(refLogProbs, shape[1]),
    mask,
    shape,
  });
  return {
    ...rows,
    penalties: {
      perSequence: Array.from(perSequence, (kl) => beta * kl),
      perToken: perToken.map((kl) => beta * kl),
    },
    metrics: { 'reward_kl/mean': metrics.kl },
  };
}

/** The rollouts as the policy sees them: with truncated ones masked, where the configuration says so. */
function learnedFrom(
  rollouts: readonly Rollout[],
  { maskTruncatedCompletions }: TrainConfig,
): readonly Rollout[] {
  if (!maskTruncatedCompletions) return rollouts;
  return rollouts.map((rollout) =>
    rollout.episode.end === 'length'
      ? { ...rollout, mask: rollout.mask.map(() => false) }
      : rollout,
  );
}

/** Seconds since it was last asked. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const seconds = (now - last) / 1000;
    last = now;
    return seconds;
  };
}
