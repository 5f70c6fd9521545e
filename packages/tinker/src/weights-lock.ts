/** Lets many use the weights at the same time, or one change them. */
export interface WeightsLock {
  use<T>(task: () => Promise<T>): Promise<T>;
  change<T>(task: () => Promise<T>): Promise<T>;
}

/** First come, first served: who comes after a change waits for it. */
export function createWeightsLock(): WeightsLock {
  let changed: Promise<unknown> = Promise.resolve();
  let uses: Promise<unknown>[] = [];
  return {
    use(task) {
      const run = changed.then(task);
      const done = run.catch(() => {});
      uses.push(done);
      void done.then(() => {
        uses = uses.filter((one) => one !== done);
      });
      return run;
    },
    change(task) {
      const run = Promise.all([changed, ...uses]).then(task);
      changed = run.catch(() => {});
      return run;
    },
  };
}
