import { keyedRandom, shuffled } from '@grpo/random';
import type { Dataset, Task } from './types.js';

/**
 * The tasks of one step, in an order that is shuffled anew in every epoch. Seed and step alone decide, so a
 * resumed run needs no record of what was drawn; across an epoch's end the batch takes from both.
 *
 * @param step counted from 0
 * @param size tasks in the batch
 */
export function taskBatch(
  { name, tasks }: Dataset,
  { seed, step, size }: { readonly seed: number; readonly step: number; readonly size: number },
): Task[] {
  if (tasks.length === 0) {
    throw new Error(`taskBatch: needs at least one task, got none in ${name}. Check the dataset.`);
  }
  const orders = new Map<number, Task[]>();
  const orderOf = (epoch: number) => {
    const order = orders.get(epoch) ?? shuffled(tasks, keyedRandom(seed, 'epoch', epoch));
    orders.set(epoch, order);
    return order;
  };
  return Array.from({ length: size }, (_, i) => {
    const at = step * size + i;
    return orderOf(Math.floor(at / tasks.length))[at % tasks.length];
  });
}
