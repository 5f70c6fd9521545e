import type { Failure } from './types.js';

/** A run that stopped itself; its last checkpoint can be resumed once the cause is mended. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped';
}

/**
 * @param episodes episodes in the step
 * @param maxShare largest share of failed episodes that training goes on with
 * @throws RunStopped with the commonest kind of failure and an example of it
 */
export function checkFailures(
  failures: readonly Failure[],
  episodes: number,
  maxShare: number,
): void {
  const failed = new Set(failures.map(({ episode }) => episode)).size;
  if (failed <= maxShare * episodes) return;
  const counts = new Map<string, number>();
  for (const { kind } of failures) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const [[commonest, count] = ['', 0]] = [...counts].sort(([, a], [, b]) => b - a);
  const example = failures.find(({ kind }) => kind === commonest)?.reason;
  throw new RunStopped(
    `trainStep: needs at least ${Math.ceil((1 - maxShare) * episodes)} of ${episodes} episodes without a failure, got ${episodes - failed}. Commonest is ${commonest} (${count} times): ${example}`,
  );
}
