/**
 * Glossary (P prompts, G completions per prompt, B = P · G sequences, T tokens, K rewards)
 * - Step: one batch of rollouts, and the optimizer steps taken on it.
 * - Rollout: one episode with the tokens that the model saw and produced.
 * - Critic: a value function, which learns what reward to expect; advantages compare with its values.
 * - Record: the metrics of one step, one line of the run's metrics file.
 */
import type { AdvantageEstimator, GaeInput, Named, TokenAdvantages } from '@grpo/advantage';
import type { Dataset, EnvFactory, Task, TaskSource } from '@grpo/envs';
import type {
  ChatFormat,
  HiddenStateModel,
  HiddenStates,
  LogProbModel,
  Sampler,
  TrainablePolicy,
} from '@grpo/policy';
import type { PolicyLoss } from '@grpo/policy-loss';
import type { AnyReward, Episode } from '@grpo/rewards';
import type { ValueFunction, ValueUpdateOptions } from '@grpo/value';

/** How the learning rate moves after the warm-up. */
export type SchedulerType = 'constant' | 'linear' | 'cosine';

/** The rules by which a policy moves along its gradient. */
export type OptimizerName = 'adamw' | 'adam' | 'sgd' | 'lion';

/**
 * The numbers of a run. Names follow TRL's GRPOConfig and transformers' TrainingArguments where they have the field;
 * defaults and allowed values stand in config-fields.ts, which a config file and flags are checked by as well.
 */
export interface TrainConfig {
  /** Every random draw of the run is keyed by it. Default 0. */
  readonly seed: number;
  /** Batches of rollouts to train on. */
  readonly maxSteps: number;

  /** P, tasks per step. Default 8. */
  readonly promptsPerStep: number;
  /** G, episodes per task. Default 8. 1 needs a baseline that does not look at the group, such as a critic. */
  readonly numGenerations: number;
  /** Episodes played in one round; a step takes as many rounds as it needs. Default: all of the step. */
  readonly generationBatchSize: number;
  /** Tokens that the model may produce in one turn. Default 256. */
  readonly maxCompletionLength: number;
  /** Answers of the model per episode. Default 1. */
  readonly maxTurns: number;
  /** Sampling temperature; it divides the logits of the policy and of the reference too. Default 1. */
  readonly temperature: number;
  /** Sample from the k most probable tokens; 0 for all. Default 0. */
  readonly topK: number;
  /** Sample from the most probable tokens that hold this share together. Default 1. */
  readonly topP: number;
  /** Sample from tokens at least so probable, as a share of the most probable one. Default 0. */
  readonly minP: number;
  /** Divides the chance of tokens that stand already in prompt or answer. Default 1. */
  readonly repetitionPenalty: number;
  /** Episodes that are played at once. Default 256. */
  readonly maxConcurrentEpisodes: number;
  /** Time limit of one answer of an environment, in ms. Default 120 000. */
  readonly turnTimeoutMs: number;
  /** How often an episode is played again after an error that says it may help. Default 2. */
  readonly maxRetries: number;

  /**
   * Most rounds in which a step looks for groups whose rewards differ, as DAPO's dynamic sampling does; 1 takes the
   * groups as they come. Default 1.
   */
  readonly dynamicSamplingRounds: number;
  /** Which groups dynamic sampling keeps: `varying-scores`, `accuracy-band` or a registered one. Default the first. */
  readonly groupFilter: string;
  /** Groups that dynamic sampling found beyond what the step needs start the next one. Default false: dropped. */
  readonly keepsUnusedGroups: boolean;
  /** Completions that were cut off by a length limit teach nothing. Default false. */
  readonly maskTruncatedCompletions: boolean;
  /** Play every task once more, most probable tokens only, for the greedy-rollout baseline. Default false. */
  readonly usesGreedyRollouts: boolean;
  /** β of a KL to the reference that is taken off the reward instead of added to the loss. Default 0. */
  readonly rewardKlCoefficient: number;

  /** μ, passes over each batch of rollouts. Default 1. */
  readonly numIterations: number;
  /** Sequences per optimizer step; those of one pass are shuffled group by group. Default: all. */
  readonly miniBatchSize: number;
  /**
   * Sequences per forward and backward pass; the gradient does not depend on it. Losses that look at groups need a
   * multiple of `numGenerations`. Default: all.
   */
  readonly microBatchSize: number;
  /**
   * Compute the old log-probs with the policy at the start of the step instead of taking the sampler's: for samplers
   * that run on another engine. The sampler's then serve corrections alone. Default false.
   */
  readonly recomputesOldLogProbs: boolean;
  /**
   * Play the next step's episodes while this step is learned from, with the weights from before it: one step behind,
   * for policies that sample and learn at the same time. The loss's importance ratio corrects for it. Default false.
   */
  readonly overlapsRollouts: boolean;

  /** Default adamw. */
  readonly optim: OptimizerName;
  /** Peak learning rate. Default 1e-6. */
  readonly learningRate: number;
  /** Steps over which the learning rate rises to its peak; below 1, a share of `maxSteps`. Default 0. */
  readonly warmupSteps: number;
  /** Default constant. */
  readonly lrSchedulerType: SchedulerType;
  /** The share of the peak that the learning rate does not fall below. Default 0. */
  readonly minLearningRateRatio: number;
  /** Decoupled decay of weight matrices, per unit of learning rate; norms and biases do not decay. Default 0. */
  readonly weightDecay: number;
  /** Decay of the mean of the gradients (Adam, Lion). Default 0.9. */
  readonly adamBeta1: number;
  /** Decay of the mean of the squared gradients (Adam), of the momentum (Lion). Default 0.999. */
  readonly adamBeta2: number;
  /** Keeps Adam's quotient finite. Default 1e-8. */
  readonly adamEpsilon: number;
  /** Momentum of SGD. Default 0.9. */
  readonly momentum: number;
  /** Gradients with a larger total norm are scaled down to it. Default 1. */
  readonly maxGradNorm: number;
  /** Optimizer steps in a row that may be skipped for a gradient that is not finite. Default 5. */
  readonly maxSkippedSteps: number;

  /** Move the reference towards the policy every `refModelSyncSteps`. Default false. */
  readonly syncRefModel: boolean;
  /** α of ref ← α · policy + (1 − α) · ref. Default 0.6; small and every step, the reference is a moving average. */
  readonly refModelMixupAlpha: number;
  /** Default 512. */
  readonly refModelSyncSteps: number;

  /** Evaluate every so many steps; 0 for never. Default 0. */
  readonly evalSteps: number;
  /** Sampled answers per task of an evaluation, for pass@k, beside the most probable one. Default 0. */
  readonly numGenerationsEval: number;
  /** A sum of rewards from which an answer counts as passed. Default 1. */
  readonly passThreshold: number;
  /** The metric that says which checkpoint is best, such as `eval/reward`. Default `` (none). */
  readonly metricForBestModel: string;
  /** Default true. */
  readonly greaterIsBetter: boolean;
  /** End with the weights of the best checkpoint. Default false. */
  readonly loadBestModelAtEnd: boolean;
  /** Stop after so many evaluations without a better one; 0 for never. Default 0. */
  readonly earlyStoppingPatience: number;
  /** What counts as better must be better by more than this. Default 0. */
  readonly earlyStoppingThreshold: number;

  /** Write a checkpoint every so many steps. Default 50. */
  readonly saveSteps: number;
  /** Checkpoints kept, the newest ones; the best is kept besides. Default 2. */
  readonly saveTotalLimit: number;
  /** Write every episode to episodes.jsonl. Default true. */
  readonly logCompletions: boolean;
  /** A step with a larger share of failed episodes stops the run. Default 0.5. */
  readonly maxFailureShare: number;
}

/** What a step needs: the parts, each of which can be swapped. */
export interface TrainParts {
  readonly policy: TrainablePolicy;
  /** Its log-probs enter the KL term of the loss; frozen, unless `syncRefModel` moves it. Without it the loss gets none. */
  readonly reference?: LogProbModel;
  /** Default: the policy's own. */
  readonly sampler?: Sampler;
  /** Plays episodes in its own way, as TRL's `rollout_func` does. Default: `rollOut`. */
  readonly rollOut?: RollOut;
  readonly chat: ChatFormat;
  /** Its tasks in shuffled epochs, or what chooses the tasks of each step. */
  readonly dataset: Dataset | TaskSource;
  /** Makes the environment of one episode. */
  readonly env: EnvFactory;
  /** Per episode, per group or per turn. */
  readonly rewards: readonly AnyReward[];
  /** One advantage per completion, or per token, which needs a critic. */
  readonly advantage: AdvantageEstimator | TokenAdvantageEstimator;
  readonly loss: PolicyLoss;
  /** Its values go into the advantages, and it learns from every step. */
  readonly critic?: Critic;
}

/** How episodes are sampled. */
export interface RolloutOptions {
  readonly env: EnvFactory;
  readonly chat: ChatFormat;
  readonly sampler: Sampler;
  readonly maxCompletionLength: number;
  readonly maxTurns: number;
  readonly temperature: number;
  /** 0 for all tokens. Default 0. */
  readonly topK?: number;
  /** Default 1. */
  readonly topP?: number;
  /** Default 0. */
  readonly minP?: number;
  /** Default 1. */
  readonly repetitionPenalty?: number;
  /** Whether the episodes will be learned from before the policy changes, as `isTrainedOn` of a sampler. Default false. */
  readonly isTrainedOn?: boolean;
  /** Keys every draw, together with the number of the episode, of the attempt and of the turn. */
  readonly key: readonly (string | number)[];
  /** Default 256. */
  readonly maxConcurrentEpisodes?: number;
  /** Time limit of one `reset`, `step` or `close`, in ms. Default 120 000. */
  readonly turnTimeoutMs?: number;
  /** Time limit of a whole episode, sampling included, in ms. Default: none. */
  readonly episodeTimeoutMs?: number;
  /** How often a failed episode is played again, from `reset`. Default 2. */
  readonly maxRetries?: number;
  /** Whether another try may help after this error. Default: where the error has `isRetryable: true`. */
  readonly isRetryable?: (error: unknown) => boolean;
  /** Longest wait before the first retry, in ms; it doubles with each. Default 500. */
  readonly retryDelayMs?: number;
  /** Characters of all messages of one `reset` or `step`. Default 1 000 000. */
  readonly maxMessageLength?: number;
  /** Tokens; an episode that reaches it ends by `length`. Default: what the sampler says, else no limit. */
  readonly contextLength?: number;
  /** Cancels the rollout: environments are closed, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Is told of each episode that has ended, whatever its end. */
  readonly onEpisode?: () => void;
}

/** Plays `repeats` episodes of every task. */
export type RollOut = (
  tasks: readonly Task[],
  repeats: number,
  options: RolloutOptions,
) => Promise<readonly Rollout[]>;

/** Parts as a person writes them: advantage and loss may go by their names. */
export type NamedParts = Omit<TrainParts, 'advantage' | 'loss'> & {
  readonly advantage: TrainParts['advantage'] | Named;
  readonly loss: PolicyLoss | Named;
};

/** Rewards and a critic's values in; one advantage per token, and what the critic learns, out. */
export interface TokenAdvantageEstimator {
  /** [B, T] in and out, B all sequences of the step, padded to the longest. */
  readonly perToken: (input: GaeInput) => TokenAdvantages;
}

/** A value function on a model's hidden states, and how it learns. */
export interface Critic {
  /** While `isWarm` is false it learns alone: the policy waits. */
  readonly valueFunction: ValueFunction<HiddenStates> & { readonly isWarm?: boolean };
  /** Makes the hidden states: the policy itself, or a frozen model. */
  readonly model: HiddenStateModel;
  /** Learning rate, epochs, minibatches and clip range of one update. */
  readonly update: ValueUpdateOptions;
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
  /** What the environment paid for each turn, and the place of that turn's last token. */
  readonly turnRewards: readonly { readonly at: number; readonly reward: number }[];
  readonly episode: Episode;
  /** How the episode failed, if it did; it then takes no part in training. */
  readonly failure?: RolloutFailure;
  /** How often it was played again after a failure, if it was; the tokens are those of the last time. */
  readonly retries?: number;
}

/**
 * How an episode failed.
 * - `thrown`: its environment threw.
 * - `timeout`: its environment, or the whole episode, took too long.
 * - `invalid`: its environment returned what is not a result.
 * - `encoding`: messages could not be turned into tokens, or the first prompt fills the context.
 * - `sampler`: the sampler threw, or returned what is not an answer.
 * - `unscored`: it went well, but no reward applies, so that it teaches nothing.
 */
export type RolloutFailureKind =
  | 'thrown'
  | 'timeout'
  | 'invalid'
  | 'encoding'
  | 'sampler'
  | 'unscored';

/** A failure as data. */
export interface RolloutFailure {
  readonly kind: RolloutFailureKind;
  /** One sentence that says what happened, and one that says what to do. */
  readonly reason: string;
}

/** The episodes of one task, scored: what dynamic sampling keeps for the next step. */
export interface PlayedGroup {
  /** [G] */
  readonly rollouts: readonly Rollout[];
  /** [G][K] */
  readonly values: readonly (readonly (number | null)[])[];
  /** [G] */
  readonly parts: readonly Readonly<Record<string, number | null>>[];
  /** [G] */
  readonly turns: readonly Readonly<Record<string, readonly (number | null)[]>>[];
  readonly failures: readonly Failure[];
}

/** An episode that takes no part in training, and why. */
export interface Failure {
  /** Number of the episode in its step or group. */
  readonly episode: number;
  /** What failed and how, for counting: `env/timeout`, `reward/NAME/thrown`. */
  readonly kind: string;
  /** One sentence that says what happened and what to do. */
  readonly reason: string;
}

/** Rewards of a step's rollouts, and what failed. */
export interface Scores {
  /** [B][K]; null where a reward does not apply or failed, and throughout a failed rollout. */
  readonly values: readonly (readonly (number | null)[])[];
  /** [B] the parts that rewards were made of, each named `reward/part`; none for a failed rollout. */
  readonly parts?: readonly Readonly<Record<string, number | null>>[];
  /** [B] values per turn of the model, by the reward's name, of rewards that are earned turn by turn. */
  readonly turns?: readonly Readonly<Record<string, readonly (number | null)[]>>[];
  readonly failures: readonly Failure[];
}

/** The rollouts of a step, scored. */
export interface Collected {
  readonly rollouts: readonly Rollout[];
  readonly scores: Scores;
  /** Everything that was played in this step, those that dynamic sampling left out among them. */
  readonly played: { readonly rollouts: readonly Rollout[]; readonly scores: Scores };
  /** Groups for the next step. */
  readonly unused: readonly PlayedGroup[];
  /** Tasks that were taken from the source. */
  readonly taken: number;
  readonly metrics: Readonly<Record<string, number>>;
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
  /** Tasks taken from the source so far. */
  readonly position?: number;
  /** Optimizer steps skipped in a row, for a gradient that was not finite. */
  readonly skippedInARow?: number;
  /** Groups that dynamic sampling found for the next step. */
  readonly unused?: readonly PlayedGroup[];
  /** Episodes of the next step that were played while the last one was learned from. */
  readonly ahead?: Collected | undefined;
  readonly memories?: Memories;
}

/** Numbers that parts carry from step to step. */
export interface Memories {
  /** Of the advantage estimator, such as a moving average. */
  readonly advantage?: Readonly<Record<string, number>>;
  /** Of the loss's coefficients, in their order. */
  readonly controllers?: readonly Readonly<Record<string, number>>[];
  /** Of the task source, such as the level of a curriculum. */
  readonly tasks?: Readonly<Record<string, number>>;
  /** Of the rewards that have one, such as a running scale, by name. */
  readonly rewards?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}
