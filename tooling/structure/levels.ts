/** What one package may import. */
export interface Row {
  /** Imports go to a lower level only. 0: no packages of ours; 4: programs, and nothing imports them. */
  readonly level: 0 | 1 | 2 | 3 | 4;
  /** Packages that its sources import. */
  readonly imports: readonly string[];
  /** Packages of which its sources import types alone, so that the code runs without them. */
  readonly types: readonly string[];
  /** Maths: the same input gives the same output, so neither a clock nor unseeded chance. */
  readonly isMaths?: boolean;
}

export type Levels = Readonly<Record<string, Row>>;

/**
 * Every package, lowest level first. A package may import less than its row says, never more.
 * An app that is published is one of them. The others stand above and may import any. Tests may import any lower level.
 */
export const levels: Levels = {
  random: { level: 0, imports: [], types: [], isMaths: true },
  safetensors: { level: 0, imports: [], types: [] },
  tensor: { level: 0, imports: [], types: [], isMaths: true },
  advantage: { level: 0, imports: [], types: [], isMaths: true },
  'policy-loss': { level: 0, imports: [], types: [], isMaths: true },
  rewards: { level: 0, imports: [], types: [] },
  value: {
    level: 1,
    imports: ['tensor', 'advantage', 'random', 'safetensors'],
    types: [],
    isMaths: true,
  },
  policy: { level: 1, imports: ['tensor', 'random', 'safetensors'], types: ['rewards'] },
  envs: { level: 1, imports: ['random'], types: ['rewards'] },
  trainer: {
    level: 2,
    imports: ['advantage', 'policy-loss', 'rewards', 'envs', 'random'],
    types: ['policy', 'value'],
  },
  onnx: { level: 2, imports: ['policy'], types: [] },
  tinker: { level: 2, imports: [], types: ['policy'] },
  'env-server': { level: 2, imports: ['envs', 'rewards'], types: ['policy'] },
  trackers: { level: 3, imports: [], types: ['trainer'] },
  dashboard: { level: 3, imports: ['policy', 'trainer'], types: ['rewards'] },
  cli: {
    level: 4,
    imports: [
      'dashboard',
      'env-server',
      'envs',
      'onnx',
      'policy',
      'rewards',
      'tensor',
      'tinker',
      'trackers',
      'trainer',
    ],
    types: [],
  },
};
