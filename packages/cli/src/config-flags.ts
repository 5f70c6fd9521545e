import { CONFIG_FIELDS, configFromFlags, type TrainConfig } from '@grpo/trainer';
import { Option } from 'commander';

type FieldName = keyof typeof CONFIG_FIELDS;

const names = Object.keys(CONFIG_FIELDS) as FieldName[];
const GROUP = 'Settings of the run:';

/** What each field is, in a few words; `TrainConfig` says more. */
const ABOUT: Readonly<Record<keyof TrainConfig, string>> = {
  seed: 'keys every random draw',
  maxSteps: 'batches of rollouts to train on',
  promptsPerStep: 'tasks per step',
  numGenerations: 'episodes per task',
  generationBatchSize: 'episodes played in one round',
  maxCompletionLength: 'tokens of the model per turn',
  maxTurns: 'answers of the model per episode',
  temperature: 'sampling temperature',
  topK: 'sample from the k most probable tokens, 0 for all',
  topP: 'sample from the tokens that hold this share together',
  minP: 'sample from tokens at least so probable beside the first',
  repetitionPenalty: 'divides the chance of tokens that stand already',
  maxConcurrentEpisodes: 'episodes played at once',
  turnTimeoutMs: 'limit of one answer of an environment',
  maxRetries: 'how often a failed episode is played again',
  dynamicSamplingRounds: 'rounds in search of groups that differ',
  groupFilter: 'which groups dynamic sampling keeps',
  keepsUnusedGroups: 'groups found beyond the need start the next step',
  maskTruncatedCompletions: 'completions cut off by a limit teach nothing',
  usesGreedyRollouts: 'play every task once more, greedily',
  rewardKlCoefficient: 'beta of a KL that is taken off the reward',
  numIterations: 'passes over each batch of rollouts',
  miniBatchSize: 'sequences per optimizer step',
  microBatchSize: 'sequences per forward and backward pass',
  recomputesOldLogProbs: 'old log-probs by the policy, not the sampler',
  overlapsRollouts: 'play the next step while this one is learned from',
  optim: 'the optimizer',
  learningRate: 'its peak',
  warmupSteps: 'steps to the peak, or a share of all',
  lrSchedulerType: 'how the learning rate moves after the warm-up',
  minLearningRateRatio: 'share of the peak it does not fall below',
  weightDecay: 'of weight matrices',
  adamBeta1: 'decay of the mean of gradients',
  adamBeta2: 'decay of the mean of their squares',
  adamEpsilon: 'keeps the quotient finite',
  momentum: 'of SGD',
  maxGradNorm: 'larger gradients are scaled down to it',
  maxSkippedSteps: 'in a row, for gradients that are not finite',
  syncRefModel: 'move the reference towards the policy',
  refModelMixupAlpha: 'how far it moves',
  refModelSyncSteps: 'how often it moves',
  evalSteps: 'evaluate every so many steps, 0 for never',
  numGenerationsEval: 'sampled answers per task of an evaluation',
  passThreshold: 'sum of rewards that counts as passed',
  metricForBestModel: 'says which checkpoint is best',
  greaterIsBetter: 'more of that metric is better',
  loadBestModelAtEnd: 'end with the best weights',
  earlyStoppingPatience: 'evaluations without a better one, 0 for never',
  earlyStoppingThreshold: 'better by more than this',
  saveSteps: 'write a checkpoint every so many steps',
  saveTotalLimit: 'checkpoints kept, the best besides',
  logCompletions: 'write every episode to episodes.jsonl',
  maxFailureShare: 'larger shares of failed episodes stop the run',
};

/** `learningRate` as a flag: `learning-rate`. */
function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** One option for every field of the configuration, two for those that are true or false. */
export function configOptions(): Option[] {
  return names.flatMap((name) => {
    const { default: fallback, allowed } = CONFIG_FIELDS[name];
    const flag = `--${kebab(name)}`;
    if (typeof fallback === 'boolean') {
      const [on, off] = [
        new Option(flag, shown(ABOUT[name], fallback)),
        new Option(`--no-${kebab(name)}`, shown('not so', !fallback)),
      ];
      return [on.helpGroup(GROUP), off.helpGroup(GROUP)];
    }
    const choices = /^one of (.*)$/.exec(allowed)?.[1]?.split(', ');
    const option = new Option(
      `${flag} <value>`,
      `${ABOUT[name]}: ${allowed} (${defaultText(fallback)})`,
    );
    // Only for completions: the value is checked where all fields are.
    if (choices) option.argChoices = choices;
    return [option.helpGroup(GROUP)];
  });
}

/**
 * The fields that were given as flags, checked.
 *
 * @param options what commander read, by the names of the fields
 * @param isGiven whether a flag was on the command line, rather than left at its default
 * @throws where a value may not be held by its field
 */
export function configOf(
  options: Readonly<Record<string, unknown>>,
  isGiven: (name: string) => boolean,
): Partial<TrainConfig> {
  const args = names.flatMap((name) => {
    if (!isGiven(name)) return [];
    const value = options[name];
    if (typeof value === 'boolean') return [`--${value ? '' : 'no-'}${kebab(name)}`];
    return [`--${kebab(name)}=${value}`];
  });
  return configFromFlags(args).config;
}

function shown(state: string, isDefault: boolean): string {
  return isDefault ? `${state} (the default)` : state;
}

function defaultText(fallback: string | number | boolean | undefined): string {
  if (fallback === undefined) return 'needed here or in the config file';
  if (fallback === '') return 'default: none';
  return fallback === Number.POSITIVE_INFINITY ? 'default: all at once' : `default: ${fallback}`;
}
