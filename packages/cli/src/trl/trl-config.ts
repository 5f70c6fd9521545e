import type { LanguageModelOptions, LoraOptions } from '@grpo/policy';
import type { Preset, TrainConfig } from '@grpo/trainer';

/** A part by its name, with its options or without. */
export type Named = Preset['loss'];

/** A value of a field of `GRPOConfig`. */
export type TrlValue = number | string | boolean | null | Readonly<Record<string, number>>;

/** A run as TRL would do it. */
export interface TrlSettings {
  /** Fields of `GRPOConfig`, all but those that depend on the number of processes. */
  readonly fields: Readonly<Record<string, TrlValue>>;
  /** Sequences of one forward and backward pass, over all processes. */
  readonly sequencesPerPass: number;
  /** Adapters to train instead of all weights: `LoraConfig` of PEFT. */
  readonly lora?: LoraOptions;
  /** What TRL does otherwise, or does not do, in sentences. */
  readonly differences: readonly string[];
}

/** Parts of an experiment that decide the loss. */
export interface TrlParts {
  readonly advantage: Named | undefined;
  readonly loss: Named | undefined;
  /** Whether tools or an environment answer the model. */
  readonly hasEnvironment: boolean;
  /** How the model is trained. Default: all weights in float32. */
  readonly modelOptions?: LanguageModelOptions | undefined;
}

type Options = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, TrlValue>>;

/** Our losses by the `loss_type` that TRL has for them. */
const LOSS_TYPES: Readonly<Record<string, string>> = {
  clipped: 'dapo',
  dapo: 'dapo',
  grpo: 'grpo',
  bnpo: 'bnpo',
  'dr-grpo': 'dr_grpo',
  gspo: 'grpo',
  luspo: 'luspo',
  cispo: 'cispo',
  sapo: 'sapo',
  vespo: 'vespo',
};

/** Names of options of our losses by those of TRL. */
const LOSS_OPTIONS: Readonly<Record<string, string>> = {
  beta: 'beta',
  epsilon: 'epsilon',
  epsilonHigh: 'epsilon_high',
  ratioCap: 'epsilon_high',
  delta: 'delta',
  isKlImportanceWeighted: 'use_bias_correction_kl',
  temperaturePositive: 'sapo_temperature_pos',
  temperatureNegative: 'sapo_temperature_neg',
  kPositive: 'vespo_k_pos',
  lambdaPositive: 'vespo_lambda_pos',
  kNegative: 'vespo_k_neg',
  lambdaNegative: 'vespo_lambda_neg',
};

const SCALINGS: Readonly<Record<string, string>> = {
  'group-std': 'group',
  'batch-std': 'batch',
  none: 'none',
};
const ESTIMATORS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  grpo: { scale_rewards: 'group' },
  'dr-grpo': { scale_rewards: 'none' },
  'lite-ppo': { scale_rewards: 'batch' },
  gdpo: { scale_rewards: 'group', multi_objective_aggregation: 'normalize_then_sum' },
};

/** Fields of ours that TRL has under another name and with the same meaning. */
const SAME = {
  seed: 'seed',
  numGenerations: 'num_generations',
  temperature: 'temperature',
  topK: 'top_k',
  topP: 'top_p',
  repetitionPenalty: 'repetition_penalty',
  maskTruncatedCompletions: 'mask_truncated_completions',
  numIterations: 'num_iterations',
  learningRate: 'learning_rate',
  warmupSteps: 'warmup_steps',
  weightDecay: 'weight_decay',
  adamBeta1: 'adam_beta1',
  adamBeta2: 'adam_beta2',
  adamEpsilon: 'adam_epsilon',
  syncRefModel: 'sync_ref_model',
  refModelMixupAlpha: 'ref_model_mixup_alpha',
  refModelSyncSteps: 'ref_model_sync_steps',
  saveTotalLimit: 'save_total_limit',
  logCompletions: 'log_completions',
} as const satisfies Partial<Record<keyof TrainConfig, string>>;

/** What is left behind where it was asked for, and what happens instead. */
const LEFT_BEHIND: readonly [keyof TrainConfig, number | string | boolean, string][] = [
  ['dynamicSamplingRounds', 1, 'dynamicSamplingRounds: TRL takes the groups as they come.'],
  ['usesGreedyRollouts', false, 'usesGreedyRollouts: TRL has no greedy rollouts.'],
  ['rewardKlCoefficient', 0, 'rewardKlCoefficient: TRL has the KL in the loss alone.'],
  ['recomputesOldLogProbs', false, 'recomputesOldLogProbs: TRL decides that itself.'],
  ['numGenerationsEval', 0, 'numGenerationsEval: TRL has no pass@k.'],
  ['earlyStoppingPatience', 0, 'earlyStoppingPatience: add EarlyStoppingCallback to the trainer.'],
  ['loadBestModelAtEnd', false, 'loadBestModelAtEnd: set load_best_model_at_end, and evaluate.'],
];

/**
 * A run's numbers as fields of TRL 1.13's `GRPOConfig`, and in sentences what is different there.
 *
 * @example trlSettings(resolveConfig({ maxSteps: 100 }), { advantage, loss, hasEnvironment: false })
 */
export function trlSettings(config: TrainConfig, parts: TrlParts): TrlSettings {
  const { promptsPerStep, numGenerations, maxSteps, maxTurns, maxCompletionLength } = config;
  const perStep = promptsPerStep * numGenerations; // P · G
  const miniBatch = Math.min(config.miniBatchSize, perStep);
  const pass = Math.min(config.microBatchSize, miniBatch);
  const same = Object.entries(SAME).map(([ours, theirs]) => [
    theirs,
    config[ours as keyof TrainConfig],
  ]);
  const differences: string[] = [
    'Random draws differ: the same seed gives another run.',
    ...LEFT_BEHIND.filter(([field, usual]) => config[field] !== usual).map(([, , text]) => text),
  ];
  if (parts.hasEnvironment) {
    differences.push(
      'max_completion_length counts the tokens of a whole episode, answers of tools included; ours counts those of one turn.',
      'The chat template of the model tells it of its tools, in its own words.',
    );
  }
  const { lora, adapter, gradientCheckpointing = false, precision } = parts.modelOptions ?? {};
  if (adapter !== undefined) {
    differences.push('adapter: not carried over. Merge it with grpo export, and train the result.');
  }
  const fields: Fields = {
    gradient_checkpointing: gradientCheckpointing,
    bf16: precision === 'bfloat16',
    ...(Object.fromEntries(same) as Record<string, TrlValue>),
    // Ours counts batches of rollouts, theirs optimizer steps.
    max_steps: maxSteps * config.numIterations * Math.ceil(perStep / miniBatch),
    steps_per_generation: Math.ceil(perStep / pass),
    gradient_accumulation_steps: Math.ceil(miniBatch / pass),
    max_completion_length: maxCompletionLength * (parts.hasEnvironment ? maxTurns : 1),
    ...(parts.hasEnvironment && { max_tool_calling_iterations: Math.max(1, maxTurns - 1) }),
    min_p: config.minP === 0 ? null : config.minP,
    // They divide the gradient by the norm unless it is 0.
    max_grad_norm: Number.isFinite(config.maxGradNorm) ? config.maxGradNorm : 0,
    ...optimizer(config, differences),
    ...schedule(config, differences),
    ...rhythm(config),
    ...lossFields(parts.loss, differences),
    ...advantageFields(parts.advantage, differences),
  };
  return { fields, sequencesPerPass: pass, differences, ...(lora && { lora }) };
}

function optimizer({ optim, momentum }: TrainConfig, differences: string[]): Fields {
  if (optim === 'sgd') return { optim: 'sgd', optim_args: `momentum=${momentum}` };
  if (optim === 'lion') {
    differences.push('optim lion: TRL takes it from bitsandbytes, which has to be installed.');
    return { optim: 'lion_32bit' };
  }
  if (optim === 'adam') differences.push('optim adam: TRL has AdamW, which is Adam without decay.');
  return { optim: 'adamw_torch', ...(optim === 'adam' && { weight_decay: 0 }) };
}

function schedule(config: TrainConfig, differences: string[]): Fields {
  const { lrSchedulerType: type, warmupSteps, minLearningRateRatio: floor } = config;
  if (type === 'constant')
    return { lr_scheduler_type: warmupSteps === 0 ? 'constant' : 'constant_with_warmup' };
  if (floor === 0) return { lr_scheduler_type: type };
  if (type === 'cosine')
    return { lr_scheduler_type: 'cosine_with_min_lr', lr_scheduler_kwargs: { min_lr_rate: floor } };
  differences.push('minLearningRateRatio: a linear schedule of transformers falls to 0.');
  return { lr_scheduler_type: type };
}

function rhythm({
  evalSteps,
  saveSteps,
  metricForBestModel,
  greaterIsBetter,
}: TrainConfig): Fields {
  return {
    logging_steps: 1,
    save_steps: saveSteps,
    ...(evalSteps > 0 && { eval_strategy: 'steps', eval_steps: evalSteps }),
    ...(metricForBestModel === 'eval/reward' && {
      metric_for_best_model: 'eval_reward',
      greater_is_better: greaterIsBetter,
    }),
  };
}

function lossFields(loss: Named | undefined, differences: string[]): Fields {
  const { name, ...options } = typeof loss === 'object' ? loss : { name: loss ?? 'clipped' };
  const type = Object.hasOwn(LOSS_TYPES, name) ? LOSS_TYPES[name] : undefined;
  if (type === undefined) {
    differences.push(`loss ${name}: TRL has none of that kind and trains with dapo.`);
    return { loss_type: 'dapo' };
  }
  const known = Object.entries(options).filter(
    ([option, value]) => isPlain(value) && Object.hasOwn(LOSS_OPTIONS, option),
  );
  for (const [option, value] of Object.entries(options)) {
    if (isPlain(value) && Object.hasOwn(LOSS_OPTIONS, option)) continue;
    differences.push(`loss ${name}: its option ${option} is left out.`);
  }
  return {
    loss_type: type,
    ...(['gspo', 'luspo'].includes(name) && { importance_sampling_level: 'sequence' }),
    ...Object.fromEntries(
      known.map(([option, value]) => [LOSS_OPTIONS[option], value as TrlValue]),
    ),
  };
}

function advantageFields(advantage: Named | undefined, differences: string[]): Fields {
  const { name, ...options } =
    typeof advantage === 'object' ? advantage : { name: advantage ?? 'group-relative' };
  if (Object.hasOwn(ESTIMATORS, name)) return ESTIMATORS[name];
  const { scaling = 'group-std', baseline = 'group-mean' } = options as Options;
  const scale = Object.hasOwn(SCALINGS, String(scaling)) ? SCALINGS[String(scaling)] : undefined;
  if (name === 'group-relative' && baseline === 'group-mean' && scale !== undefined)
    return { scale_rewards: scale };
  differences.push(`advantage ${name}: TRL takes the mean and the deviation of the group.`);
  return { scale_rewards: 'group' };
}

function isPlain(value: unknown): value is number | boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}
