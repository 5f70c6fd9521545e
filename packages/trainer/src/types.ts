/**
 * Glossary (P prompts, G completions per prompt, B = P · G sequences, T tokens, K rewards)
 * - Step: one batch of rollouts, and the optimizer steps taken on it.
 * - Rollout: one episode with the tokens that the model saw and produced.
 * - Record: the metrics of one step, one line of the run's metrics file.
 */
import type { AdvantageEstimator } from '@grpo/advantage';
import type { Dataset, EnvFactory, Task } from '@grpo/envs';
import type { ChatFormat, LogProbModel, TrainablePolicy } from '@grpo/policy';
import type { PolicyLoss } from '@grpo/policy-loss';
import type { Episode, Reward } from '@grpo/rewards';

/** How the learning rate moves after the warm-up. */
export type SchedulerType = 'constant' | 'linear' | 'cosine';

/** The numbers of a run. Names follow TRL's GRPOConfig where it has the field. */
export interface TrainConfig {
  /** Every random draw of the run is keyed by it. Default 0. */
  readonly seed: number;
  /** Batches of rollouts to train on. */
  readonly maxSteps: number;
  /** P, tasks per step. Default 8. */
  readonly promptsPerStep: number;
  /** G, episodes per task. Default 8. */
  readonly numGenerations: number;
  /** μ, optimizer steps on each batch of rollouts. Default 1. */
  readonly numIterations: number;
  /** Sequences per forward and backward pass; the gradient does not depend on it. Default: all. */
  readonly microBatchSize: number;
  /** Tokens that the model may produce in one turn. Default 256. */
  readonly maxCompletionLength: number;
  /** Answers of the model per episode. Default 1. */
  readonly maxTurns: number;
  /** Sampling temperature; it divides the logits of the policy and of the reference too. Default 1. */
  readonly temperature: number;
  /** Peak learning rate. Default 1e-6. */
  readonly learningRate: number;
  /** Steps over which the learning rate rises to its peak. Default 0. */
  readonly warmupSteps: number;
  /** Default constant. */
  readonly lrSchedulerType: SchedulerType;
  /** Gradients with a larger total norm are scaled down to it. Default 1. */
  readonly maxGradNorm: number;
  /** Evaluate every so many steps; 0 for never. Default 0. */
  readonly evalSteps: number;
  /** Write a checkpoint every so many steps. Default 50. */
  readonly saveSteps: number;
  /** Checkpoints kept, the newest ones. Default 2. */
  readonly saveTotalLimit: number;
  /** A step with a larger share of failed episodes stops the run. Default 0.5. */
  readonly maxFailureShare: number;
}

/** What a step needs: the parts, each of which can be swapped. */
export interface TrainParts {
  readonly policy: TrainablePolicy;
  /** Frozen; its log-probs enter the KL term of the loss. Without it the loss gets none. */
  readonly reference?: LogProbModel;
  readonly chat: ChatFormat;
  readonly dataset: Dataset;
  /** Makes the environment of one episode. */
  readonly env: EnvFactory;
  readonly rewards: readonly Reward[];
  readonly advantage: AdvantageEstimator;
  readonly loss: PolicyLoss;
}

/** One episode with its tokens. */
export interface Rollout {
  readonly task: Task;
  /** Episodes of the same task in the same step share it. */
  readonly groupId: string;
  /** [T] everything the model saw and produced, in order. */
  readonly ids: readonly number[];
  /** [T] true where the model produced the token. */
  readonly mask: readonly boolean[];
  /** [T] the sampler's log-prob where the model produced the token, else 0. */
  readonly logProbs: readonly number[];
  readonly episode: Episode;
  /** Why the episode failed, if it did; it then takes no part in training. */
  readonly failure?: string;
}

/** The metrics of one step; `time/…` entries depend on the machine, all others on the configuration alone. */
export type MetricsRecord = Readonly<{ step: number }> & Readonly<Record<string, number>>;

/** Is told of every record, in order. */
export type Tracker = (record: MetricsRecord) => void | Promise<void>;

/** What a resume needs beside the policy. */
export interface TrainState {
  /** Steps finished. */
  readonly step: number;
  /** Tokens produced by the model so far. */
  readonly tokens: number;
}
