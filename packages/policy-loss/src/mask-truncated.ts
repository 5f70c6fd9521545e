import type { LossInput } from './types.js';

/**
 * Takes completions that were cut off at the length limit out of a batch: nobody knows how they would
 * have ended.
 *
 * Yu et al. 2025, DAPO, overlong filtering, https://arxiv.org/abs/2503.14476. Mask before counting the
 * step's tokens, so that they leave the denominators too; as sequences they still count.
 *
 * @param mask [B, T]
 * @param isTruncated [B]
 * @returns [B, T] the mask, 0 in every row that was cut off
 * @throws where lengths differ
 * @example maskTruncated([1, 1, 1, 0], [true, false], [2, 2]) // [0, 0, 1, 0]
 */
export function maskTruncated(
  mask: LossInput['mask'],
  isTruncated: readonly boolean[],
  [B, T]: LossInput['shape'],
): Uint8Array {
  if (mask.length === B * T && isTruncated.length === B) {
    return Uint8Array.from(mask, (m, i) => (isTruncated[Math.floor(i / T)] ? 0 : m));
  }
  throw new Error(
    `maskTruncated: needs a mask of shape [${B}, ${T}] and ${B} flags, got ${mask.length} and ${isTruncated.length}. Pass one flag per sequence.`,
  );
}
