import type { Named } from '@grpo/advantage';
import type { TrainConfig } from './types.js';

/** Settings that belong together. What a user writes beside a preset goes before it. */
export interface Preset {
  /** One sentence: when to take it. */
  readonly about: string;
  readonly config: Partial<TrainConfig>;
  /** How rewards become advantages. */
  readonly advantage: Named;
  /** The policy loss. */
  readonly loss: Named;
}

/** The normalisation of Shao et al. 2024: reward minus group mean, over the group's standard deviation. */
const GROUP = 'group-relative';

/**
 * Presets by name. Learning rates, group sizes, warm-up, decay, clipping of gradients and lengths are those that the
 * Python peer StateSet Agents ships under the same names, so that a run moves over with its numbers; the loss is the
 * token-mean of DAPO (https://arxiv.org/abs/2503.14476) throughout, with a pull to a reference where caution is wanted.
 * Learning rates are for full fine-tuning; LoRA wants about ten times as much
 * (Schulman et al. 2025, https://thinkingmachines.ai/blog/lora).
 */
export const presets = {
  conservative: {
    about: 'Small steps near the reference: for a model that works and must not get worse.',
    config: {
      learningRate: 1e-6,
      numGenerations: 32,
      maxGradNorm: 0.5,
      warmupSteps: 0.2,
      lrSchedulerType: 'cosine',
      weightDecay: 0.01,
      evalSteps: 25,
    },
    advantage: GROUP,
    loss: { name: 'dapo', epsilon: 0.1, beta: 0.04 },
  },
  balanced: {
    about: 'The first run of a new task.',
    config: {
      learningRate: 5e-6,
      numGenerations: 16,
      maxGradNorm: 1,
      warmupSteps: 0.1,
      lrSchedulerType: 'cosine',
      weightDecay: 0.01,
      evalSteps: 50,
    },
    advantage: GROUP,
    loss: { name: 'dapo', epsilon: 0.2, beta: 0.01 },
  },
  aggressive: {
    about:
      'Large steps, small groups, no reference: when the reward can be trusted and time is short.',
    config: {
      learningRate: 1e-5,
      numGenerations: 8,
      maxGradNorm: 2,
      warmupSteps: 0.05,
      lrSchedulerType: 'cosine',
      weightDecay: 0.01,
      evalSteps: 100,
    },
    advantage: GROUP,
    loss: { name: 'dapo', epsilon: 0.2, epsilonHigh: 0.28 },
  },
  experimental: {
    about:
      'Very large steps and dynamic sampling: to see fast whether a task can be learned at all.',
    config: {
      learningRate: 2e-5,
      numGenerations: 12,
      maxGradNorm: 1.5,
      warmupSteps: 0,
      lrSchedulerType: 'linear',
      dynamicSamplingRounds: 4,
      evalSteps: 20,
    },
    advantage: GROUP,
    loss: { name: 'dapo', epsilon: 0.2, epsilonHigh: 0.28 },
  },
  'customer-service': {
    about: 'Conversations of several turns with short answers.',
    config: {
      learningRate: 3e-6,
      numGenerations: 12,
      maxCompletionLength: 256,
      maxTurns: 8,
      warmupSteps: 0.1,
      lrSchedulerType: 'cosine',
      weightDecay: 0.01,
      temperature: 0.7,
    },
    advantage: GROUP,
    loss: { name: 'dapo', epsilon: 0.2, beta: 0.02 },
  },
  tutoring: {
    about: 'Explanations over several turns.',
    config: {
      learningRate: 5e-6,
      numGenerations: 16,
      maxCompletionLength: 512,
      maxTurns: 6,
      warmupSteps: 0.1,
      lrSchedulerType: 'cosine',
      weightDecay: 0.01,
      temperature: 0.7,
    },
    advantage: GROUP,
    loss: { name: 'dapo', epsilon: 0.2, beta: 0.01 },
  },
  writing: {
    about: 'Long, varied texts: no reference, and room above for rare words.',
    config: {
      learningRate: 8e-6,
      numGenerations: 8,
      maxCompletionLength: 1024,
      warmupSteps: 0.1,
      lrSchedulerType: 'linear',
      weightDecay: 0.01,
    },
    advantage: GROUP,
    loss: { name: 'dapo', epsilon: 0.2, epsilonHigh: 0.28 },
  },
  research: {
    about: 'Long answers with tools; large groups, because few attempts succeed.',
    config: {
      learningRate: 4e-6,
      numGenerations: 20,
      maxCompletionLength: 768,
      maxTurns: 10,
      warmupSteps: 0.1,
      lrSchedulerType: 'cosine',
      weightDecay: 0.01,
      maskTruncatedCompletions: true,
    },
    advantage: GROUP,
    loss: { name: 'dapo', epsilon: 0.2, epsilonHigh: 0.28, beta: 0.005 },
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;

/**
 * A preset by its name.
 *
 * @throws where there is none of that name; the message lists those there are
 * @example presetNamed('balanced').config.numGenerations // 16
 */
export function presetNamed(name: string): Preset {
  if (Object.hasOwn(presets, name)) return presets[name as PresetName];
  throw new Error(
    `presetNamed: needs one of ${Object.keys(presets).join(', ')}, got "${name}". Name one of them, or leave the preset out.`,
  );
}
