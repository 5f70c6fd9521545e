import type { Floats } from '@grpo/advantage';

/**
 * Checks that arrays have one finite number for each of N states.
 *
 * @param where the function that asks, for the message
 * @throws if a length differs or a number is NaN or infinite; the message names the array and the place
 */
export function checkNumbers(
  where: string,
  N: number,
  arrays: Readonly<Record<string, Floats>>,
): void {
  for (const [name, numbers] of Object.entries(arrays)) {
    if (numbers.length !== N) {
      throw new Error(
        `${where}: ${name} needs shape [${N}], got [${numbers.length}]. Pass one number per state.`,
      );
    }
    for (let i = 0; i < N; i++) {
      if (!Number.isFinite(numbers[i])) {
        throw new Error(
          `${where}: ${name} needs finite numbers, got ${numbers[i]} at [${i}]. Look for it in the rewards and hidden states.`,
        );
      }
    }
  }
}
