import { arch, availableParallelism, platform, totalmem } from 'node:os';
import type { NamedParts } from './types.js';

/** What a run was made of, for people and for comparisons; nothing reads it to compute. */
export interface RunDescription {
  readonly preset?: string;
  /** A name with its options, or `custom` for a function. */
  readonly advantage: unknown;
  readonly loss: unknown;
  /** The weight of each reward in the score, by its name. */
  readonly rewards: Readonly<Record<string, number>>;
  readonly node: string;
  readonly platform: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Describes a run; numbers that JSON has no word for stand as text. */
export function describeRun(
  {
    advantage,
    loss,
    rewards,
    preset,
  }: Pick<NamedParts, 'advantage' | 'loss' | 'rewards'> & {
    readonly preset?: string | undefined;
  },
  facts: Readonly<Record<string, unknown>> = {},
): RunDescription {
  return {
    ...(preset !== undefined && { preset }),
    advantage: named(advantage),
    loss: named(loss),
    rewards: Object.fromEntries(rewards.map(({ name, weight = 1 }) => [name, weight])),
    node: process.versions.node,
    platform: `${platform()} ${arch()}`,
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    facts,
  };
}

function named(part: unknown): unknown {
  const isNamed =
    typeof part === 'string' || (typeof part === 'object' && part !== null && 'name' in part);
  return isNamed ? part : 'custom';
}
