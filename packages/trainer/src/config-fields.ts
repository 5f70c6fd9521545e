import type { TrainConfig } from './types.js';

/** One field of the configuration: its default, and what it may hold. */
export interface ConfigField {
  /** Undefined where the field must be given. */
  readonly default: number | boolean | string | undefined;
  /** For people: `a whole number of at least 1`. */
  readonly allowed: string;
  readonly holds: (value: unknown) => boolean;
}

const isNumber = (value: unknown): value is number => typeof value === 'number';

const whole = (fallback: number | undefined, least: number): ConfigField => ({
  default: fallback,
  allowed: `a whole number of at least ${least}`,
  holds: (n) => Number.isInteger(n) && (n as number) >= least,
});

/** A size; infinity stands for everything at once. */
const size: ConfigField = {
  default: Number.POSITIVE_INFINITY,
  allowed: 'a whole number of at least 1',
  holds: (n) => n === Number.POSITIVE_INFINITY || (Number.isInteger(n) && (n as number) >= 1),
};

const share = (fallback: number): ConfigField => ({
  default: fallback,
  allowed: 'a number from 0 to 1',
  holds: (n) => isNumber(n) && n >= 0 && n <= 1,
});

const positive = (fallback: number): ConfigField => ({
  default: fallback,
  allowed: 'a finite number above 0',
  holds: (n) => isNumber(n) && n > 0 && Number.isFinite(n),
});

const atLeastZero = (fallback: number): ConfigField => ({
  default: fallback,
  allowed: 'a finite number of 0 or above',
  holds: (n) => isNumber(n) && n >= 0 && Number.isFinite(n),
});

const decay = (fallback: number): ConfigField => ({
  default: fallback,
  allowed: 'a number from 0, below 1',
  holds: (n) => isNumber(n) && n >= 0 && n < 1,
});

const finite = (fallback: number): ConfigField => ({
  default: fallback,
  allowed: 'a finite number',
  holds: Number.isFinite,
});

const truth = (fallback: boolean): ConfigField => ({
  default: fallback,
  allowed: 'true or false',
  holds: (value) => typeof value === 'boolean',
});

const oneOf = (...names: readonly [string, ...string[]]): ConfigField => ({
  default: names[0],
  allowed: `one of ${names.join(', ')}`,
  holds: (value) => names.includes(value as string),
});

const text = (fallback: string): ConfigField => ({
  default: fallback,
  allowed: 'a text',
  holds: (value) => typeof value === 'string',
});

/** Every field of `TrainConfig`. */
export const CONFIG_FIELDS: Readonly<Record<keyof TrainConfig, ConfigField>> = {
  seed: whole(0, 0),
  maxSteps: whole(undefined, 1),

  promptsPerStep: whole(8, 1),
  numGenerations: whole(8, 1),
  generationBatchSize: size,
  maxCompletionLength: whole(256, 1),
  maxTurns: whole(1, 1),
  temperature: positive(1),
  topK: whole(0, 0),
  topP: {
    default: 1,
    allowed: 'a number above 0, up to 1',
    holds: (n) => isNumber(n) && n > 0 && n <= 1,
  },
  minP: share(0),
  repetitionPenalty: positive(1),
  maxConcurrentEpisodes: whole(256, 1),
  turnTimeoutMs: {
    default: 120_000,
    allowed: 'ms above 0, below 2^31',
    holds: (n) => isNumber(n) && n > 0 && n < 2 ** 31,
  },
  maxRetries: whole(2, 0),

  dynamicSamplingRounds: whole(1, 1),
  groupFilter: text('varying-scores'),
  keepsUnusedGroups: truth(false),
  maskTruncatedCompletions: truth(false),
  usesGreedyRollouts: truth(false),
  rewardKlCoefficient: atLeastZero(0),

  numIterations: whole(1, 1),
  miniBatchSize: size,
  microBatchSize: size,
  recomputesOldLogProbs: truth(false),
  overlapsRollouts: truth(false),

  optim: oneOf('adamw', 'adam', 'sgd', 'lion'),
  learningRate: share(1e-6),
  warmupSteps: {
    default: 0,
    allowed: 'a whole number, or a share of maxSteps below 1',
    holds: (n) => isNumber(n) && n >= 0 && (n < 1 || Number.isInteger(n)),
  },
  lrSchedulerType: oneOf('constant', 'linear', 'cosine'),
  minLearningRateRatio: share(0),
  weightDecay: atLeastZero(0),
  adamBeta1: decay(0.9),
  adamBeta2: decay(0.999),
  adamEpsilon: positive(1e-8),
  momentum: decay(0.9),
  maxGradNorm: {
    default: 1,
    allowed: 'a number above 0',
    holds: (n) => isNumber(n) && n > 0, // infinity: no clipping
  },
  maxSkippedSteps: whole(5, 0),

  syncRefModel: truth(false),
  refModelMixupAlpha: share(0.6),
  refModelSyncSteps: whole(512, 1),

  evalSteps: whole(0, 0),
  numGenerationsEval: whole(0, 0),
  passThreshold: finite(1),
  metricForBestModel: text(''),
  greaterIsBetter: truth(true),
  loadBestModelAtEnd: truth(false),
  earlyStoppingPatience: whole(0, 0),
  earlyStoppingThreshold: atLeastZero(0),

  saveSteps: whole(50, 1),
  saveTotalLimit: whole(2, 1),
  logCompletions: truth(true),
  maxFailureShare: share(0.5),
};
