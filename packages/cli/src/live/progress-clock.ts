/** Steps that the estimate of the time left looks back on. */
const WINDOW = 20;

/**
 * Estimates the time that is left from the last steps, so that a pause or a slow start does not last in it.
 *
 * @returns is told of each step's number and seconds, and gives the seconds that are left
 */
export function progressClock(maxSteps: number): (step: number, seconds: number) => number {
  const recent: number[] = [];
  return (step, seconds) => {
    recent.push(seconds);
    if (recent.length > WINDOW) recent.shift();
    const mean = recent.reduce((sum, one) => sum + one, 0) / recent.length;
    return mean * Math.max(0, maxSteps - step);
  };
}
