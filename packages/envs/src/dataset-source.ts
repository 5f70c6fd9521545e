import { keyedRandom, shuffled } from '@grpo/random';
import type { Dataset, Task, TaskSource } from './types.js';

/**
 * Takes the tasks of a dataset in an order that is shuffled anew in every epoch.
 *
 * Every epoch has every task once; who takes across the end of an epoch takes from both.
 *
 * @throws RangeError if the dataset is empty
 * @example
 * datasetSource(dataset).take({ seed: 42, start: 16, count: 8 }); // the third batch of 8
 */
export function datasetSource({ name, tasks }: Dataset): TaskSource {
  if (tasks.length === 0) {
    throw new RangeError(
      `datasetSource: needs at least one task, got none in ${name}. Check the dataset.`,
    );
  }
  return {
    name,
    take({ seed, start, count }) {
      const orders = new Map<number, Task[]>();
      const orderOf = (epoch: number) => {
        const order = orders.get(epoch) ?? shuffled(tasks, keyedRandom(seed, 'epoch', epoch));
        orders.set(epoch, order);
        return order;
      };
      return Array.from({ length: count }, (_, i) => {
        const at = start + i;
        return orderOf(Math.floor(at / tasks.length))[at % tasks.length];
      });
    },
  };
}

/** A dataset as a source; a source as it is. */
export function asSource(tasks: Dataset | TaskSource): TaskSource {
  return 'take' in tasks ? tasks : datasetSource(tasks);
}
