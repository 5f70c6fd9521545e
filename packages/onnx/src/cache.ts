/**
 * Keys and values of sequences, in host memory. Row r has its token at place s at [r, head, s, :]; places from its
 * length on hold anything. There are `capacity` places, so that a token is added without a copy.
 */
export interface CachedRows {
  /** [rows] tokens of each sequence. */
  readonly lengths: readonly number[];
  readonly capacity: number;
  /** [2 · L] keys and values of each layer in turn, [rows, Hkv, capacity, Dh] each. */
  readonly tensors: readonly Float32Array[];
}

/** The lengths that all caches of a model share. */
export interface CacheShape {
  readonly layers: number;
  /** Hkv */
  readonly keyValueHeads: number;
  /** Dh */
  readonly headSize: number;
}

/** Places are added so many at a time, or an eighth of those there are: masked ones cost attention, and each growth a copy. */
const PLACES = 16;
const SHARE = 8;

/** Places for sequences of a length, with room for some more. */
export function capacityFor(length: number): number {
  const room = Math.max(PLACES, length / SHARE);
  return Math.ceil((length + room) / PLACES) * PLACES;
}

/**
 * Rows of one or more caches as one, in the order given; they may repeat. The old caches stay valid.
 *
 * @param capacity at least the longest length
 */
export function gatherCache(
  shape: CacheShape,
  picks: readonly { readonly from: CachedRows; readonly row: number }[],
  capacity: number,
): CachedRows {
  const { layers, keyValueHeads, headSize } = shape;
  const rowSize = keyValueHeads * capacity * headSize;
  const tensors = Array.from({ length: 2 * layers }, (_, n) => {
    const out = new Float32Array(picks.length * rowSize);
    for (const [r, { from, row }] of picks.entries()) {
      const used = from.lengths[row] * headSize;
      for (let head = 0; head < keyValueHeads; head++) {
        const start = (row * keyValueHeads + head) * from.capacity * headSize;
        const at = r * rowSize + head * capacity * headSize;
        out.set(from.tensors[n].subarray(start, start + used), at);
      }
    }
    return out;
  });
  return { lengths: picks.map(({ from, row }) => from.lengths[row]), capacity, tensors };
}

/**
 * Adds one token to every row, in place; where there is no room, in a larger copy.
 *
 * @param added [2 · L] its keys and values, [rows, Hkv, 1, Dh] each
 */
export function appendToCache(
  shape: CacheShape,
  cache: CachedRows,
  added: readonly Float32Array[],
): CachedRows {
  const { keyValueHeads, headSize } = shape;
  const longest = Math.max(...cache.lengths);
  const { capacity, tensors } =
    longest < cache.capacity
      ? cache
      : gatherCache(
          shape,
          cache.lengths.map((_, row) => ({ from: cache, row })),
          capacityFor(longest),
        );
  for (const [n, tensor] of tensors.entries()) {
    const fresh = added[n];
    for (const [row, length] of cache.lengths.entries()) {
      for (let head = 0; head < keyValueHeads; head++) {
        const from = (row * keyValueHeads + head) * headSize;
        const at = ((row * keyValueHeads + head) * capacity + length) * headSize;
        for (let i = 0; i < headSize; i++) tensor[at + i] = fresh[from + i];
      }
    }
  }
  return { lengths: cache.lengths.map((length) => length + 1), capacity, tensors };
}
