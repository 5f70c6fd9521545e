import { keyedRandom, shuffled } from '@grpo/random';
import type { Dataset, Task } from './types.js';

/** Options of `splitDataset`. */
export interface SplitOptions {
  /** Tasks to hold out: a number of at least 1, or a share below 1. */
  readonly heldOut: number;
  /** Decides, with the dataset alone, which tasks are held out. */
  readonly seed: number;
  /** Tasks with the same key stay together. Default: tasks with the same messages. */
  readonly key?: (task: Task) => string;
}

/**
 * Splits a dataset into tasks to train on and tasks to evaluate on, chosen at random.
 *
 * Tasks with the same messages stay on one side, so that no held-out problem was trained on; the
 * held-out part may therefore be a few tasks smaller than asked for. Both parts keep the order of
 * the dataset and the ids of its tasks.
 *
 * @returns two datasets without a common key, named `<name>/train` and `<name>/held-out`
 * @throws RangeError if one of the parts would be empty
 * @example
 * const { train, heldOut } = splitDataset(dataset, { heldOut: 0.1, seed: 42 });
 */
export function splitDataset(
  { name, tasks }: Dataset,
  { heldOut, seed, key = ({ messages }) => JSON.stringify(messages) }: SplitOptions,
): { readonly train: Dataset; readonly heldOut: Dataset } {
  const wanted = heldOut < 1 ? Math.round(heldOut * tasks.length) : heldOut;
  const groups = new Map<string, Task[]>();
  for (const task of tasks) {
    const group = groups.get(key(task));
    if (group === undefined) groups.set(key(task), [task]);
    else group.push(task);
  }
  const chosen = new Set<Task>();
  if (Number.isInteger(wanted) && wanted >= 1 && wanted < tasks.length) {
    for (const group of shuffled([...groups.values()], keyedRandom(seed, 'split'))) {
      if (chosen.size + group.length > wanted) continue;
      for (const task of group) chosen.add(task);
    }
  }
  if (chosen.size === 0) {
    throw new RangeError(
      `splitDataset: heldOut must leave at least one task on each side, got ${heldOut} of ` +
        `${tasks.length} tasks (${groups.size} different) in ${name}. ` +
        'Give a number of tasks, or a share between 0 and 1.',
    );
  }
  return {
    train: { name: `${name}/train`, tasks: tasks.filter((task) => !chosen.has(task)) },
    heldOut: { name: `${name}/held-out`, tasks: tasks.filter((task) => chosen.has(task)) },
  };
}
