/** The shape of one training step: a model, and what it samples and learns. */
export interface Workload {
  readonly name: string;
  /** D; heads of 64, feed-forward layers four times as wide, tied embeddings. */
  readonly hidden: number;
  readonly layers: number;
  readonly vocabulary: number;
  /** P */
  readonly prompts: number;
  /** G */
  readonly group: number;
  /** Tokens of each prompt. */
  readonly prompt: number;
  /** Most tokens of each answer. */
  readonly completion: number;
  /** Whether every answer is that long, or their lengths are spread evenly from 1 on. */
  readonly lengths: 'full' | 'uniform';
  /** Answers of the model per episode; between two of them the environment says `SAID` tokens. Default 1. */
  readonly turns?: number;
}

/** Tokens that the environment of a conversation says between two answers. */
export const SAID = 16;

const base = {
  hidden: 256,
  layers: 4,
  vocabulary: 512,
  prompts: 4,
  group: 8,
  prompt: 32,
  completion: 64,
  lengths: 'full',
} as const satisfies Omit<Workload, 'name'>;

/** What is measured by default, from a model that fits a cache to a vocabulary that fills memory. */
export const workloads: readonly Workload[] = [
  { ...base, name: 'W1', hidden: 128, layers: 2 },
  { ...base, name: 'W2' },
  { ...base, name: 'W3', hidden: 512, layers: 8 },
  { ...base, name: 'W4', completion: 256, lengths: 'uniform' },
  { ...base, name: 'W5', prompt: 512 },
  { ...base, name: 'W6', hidden: 512, layers: 8, vocabulary: 32_000, prompt: 128 },
];

/** How the cost of a step grows: W2 with one number changed. */
export const sweeps: Readonly<Record<string, readonly Workload[]>> = {
  batch: [1, 2, 4, 8, 16].map((prompts) => ({ ...base, name: `batch-${8 * prompts}`, prompts })),
  group: [2, 4, 8, 16, 32].map((group) => ({
    ...base,
    name: `group-${group}`,
    prompts: 32 / group,
    group,
  })),
  prompt: [32, 128, 512, 1024].map((prompt) => ({ ...base, name: `prompt-${prompt}`, prompt })),
  completion: [16, 64, 128, 256].map((completion) => ({
    ...base,
    name: `completion-${completion}`,
    completion,
  })),
  model: [
    [128, 2],
    [256, 4],
    [384, 6],
    [512, 8],
  ].map(([hidden, layers]) => ({
    ...base,
    name: `model-${hidden}x${layers}`,
    hidden: Number(hidden),
    layers: Number(layers),
  })),
  turns: [1, 2, 4, 8].map((turns) => ({ ...base, name: `turns-${turns}`, completion: 32, turns })),
};

/** The golden ratio's fraction: its multiples spread evenly over an interval, however many are taken. */
const SPREAD = (Math.sqrt(5) - 1) / 2;

/**
 * Tokens of each answer of a step, the same for everyone who is measured.
 *
 * @param step counted from 0
 * @returns [P · G]
 */
export function lengthsOf(
  { prompts, group, completion, lengths }: Workload,
  step: number,
): number[] {
  return Array.from({ length: prompts * group }, (_, row) => {
    if (lengths === 'full') return completion;
    const place = ((step * prompts * group + row + 0.5) * SPREAD) % 1;
    return 1 + Math.floor(place * completion);
  });
}

/** Floating-point operations that a step cannot do without. */
export interface ModelFlops {
  /** Of prompts, once for each group, and of the sampled tokens. */
  readonly sampling: number;
  /** Of the forward pass over the same tokens. */
  readonly forward: number;
  /** Of the backward pass: twice the forward one. */
  readonly backward: number;
}

/**
 * What the model must compute for a step, 2 per weight and token and 4 · D per layer and pair of tokens that see each
 * other (Chowdhery et al. 2022, appendix B, https://arxiv.org/abs/2204.02311), with each prompt run once for its group.
 * The output layer counts where a token is predicted.
 */
export function modelFlops(workload: Workload, lengths: readonly number[]): ModelFlops {
  const { hidden, layers, vocabulary, prompts, prompt, turns = 1 } = workload;
  const body = 2 * layers * 16 * hidden ** 2; // 4 D² of attention and 12 D² of the feed-forward layer
  const seen = (from: number, count: number) =>
    4 * hidden * layers * (count * from + (count * (count + 1)) / 2);
  let forward = prompts * (prompt * body + seen(0, prompt));
  for (const length of lengths) {
    const rows = turns * length + (turns - 1) * SAID;
    forward += rows * body + seen(prompt, rows) + turns * length * 2 * vocabulary * hidden;
  }
  return { sampling: forward, forward, backward: 2 * forward };
}
