import type { Output } from '../output.js';
import { duration } from '../text.js';

const BAR = 24;
/** Between two pictures, in ms. */
const PAUSE_MS = 100;

/**
 * A line that says how far something is and how long it will take, drawn over itself on standard error; nothing where
 * nobody watches.
 *
 * @param now milliseconds; a clock of one's own for tests
 */
export function progressLine(
  { terminal: { stderr, env }, isJson }: Output,
  now: () => number = () => performance.now(),
) {
  const isWatched = stderr.isTTY === true && env.TERM !== 'dumb' && !isJson;
  const began = now();
  let drawn = Number.NEGATIVE_INFINITY;
  return {
    show(done: number, total: number): void {
      if (!isWatched || (done < total && now() - drawn < PAUSE_MS)) return;
      drawn = now();
      const filled = Math.round((BAR * done) / total);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}`;
      const secondsLeft = (((drawn - began) / done) * (total - done)) / 1000;
      stderr.write(`\r\u001b[K${bar} ${done}/${total}  ${duration(secondsLeft)} left`);
    },
    /** Takes the line away. */
    close(): void {
      if (isWatched) stderr.write('\r\u001b[K');
    },
  };
}
