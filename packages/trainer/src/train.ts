import { onStopSignals } from './stop-signals.js';
import { Trainer } from './trainer.js';
import type { TrainerOptions } from './trainer-options.js';
import type { MetricsRecord } from './types.js';

export interface TrainOptions extends TrainerOptions {
  /** SIGINT and SIGTERM finish the step, save and return; a second one exits at once. Default true. */
  readonly handlesSignals?: boolean;
}

/**
 * Trains from step 0, or from the last checkpoint, until the run is done.
 * A resumed run writes the records that it would have written without the break.
 *
 * @returns the records of the whole run
 * @throws what `Trainer.start` and `Trainer.step` throw
 */
export async function train({
  handlesSignals = true,
  ...options
}: TrainOptions): Promise<readonly MetricsRecord[]> {
  const trainer = await Trainer.start(options);
  const stop = (signal: string) =>
    trainer.requestStop(`${signal}: the step is finished and saved. Again, to exit at once.`);
  const release = handlesSignals ? onStopSignals(stop) : () => {};
  try {
    while (!trainer.isDone) await trainer.step();
    await trainer.close();
  } finally {
    trainer.abandon();
    release();
  }
  return trainer.records;
}
