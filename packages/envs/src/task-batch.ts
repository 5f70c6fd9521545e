import { datasetSource } from './dataset-source.js';
import type { Dataset, Task } from './types.js';

/** Which tasks a step takes. */
export interface TaskBatchOptions {
  readonly seed: number;
  /** Counted from 0. */
  readonly step: number;
  /** Tasks in the batch. */
  readonly size: number;
}

/**
 * Gives the tasks of one step, in an order that is shuffled anew in every epoch.
 *
 * Seed, step and size alone decide, so that a resumed run needs no record of what was drawn. Every
 * epoch has every task once; a batch across the end of an epoch takes from both, and a batch larger
 * than the dataset has tasks more than once.
 *
 * @returns [size]
 * @throws RangeError if the dataset is empty, or step or size is not a count
 * @example
 * taskBatch(dataset, { seed: 42, step: 0, size: 8 });
 */
export function taskBatch(dataset: Dataset, { seed, step, size }: TaskBatchOptions): Task[] {
  if (!Number.isInteger(step) || step < 0 || !Number.isInteger(size) || size < 1) {
    throw new RangeError(
      `taskBatch: needs a step of at least 0 and a size of at least 1, both integers, ` +
        `got step ${step} and size ${size}. Count steps from 0.`,
    );
  }
  return [...datasetSource(dataset).take({ seed, start: step * size, count: size })];
}
