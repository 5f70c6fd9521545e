/** Sizes of a loop over two arrays, and the strides with which it goes through them. */
export interface Loop {
  /** [3, rank] sizes, strides of the one, strides of the other */
  readonly layout: Int32Array;
  readonly rank: number;
}

/** Strides of a shape without gaps. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= shape[d] ?? 1;
  }
  return strides;
}

/** Strides that repeat a shape over a larger one; dimensions are aligned at the end. */
export function broadcastStrides(shape: readonly number[], to: readonly number[]): number[] {
  const own = stridesOf(shape);
  const missing = to.length - shape.length;
  return to.map((_, d) => (d < missing || shape[d - missing] === 1 ? 0 : (own[d - missing] ?? 0)));
}

/** The same loop over as few dimensions as there can be: those that lie behind one another in both arrays are one. */
export function loopOver(
  sizes: readonly number[],
  first: readonly number[],
  second: readonly number[],
): Loop {
  const merged: [size: number, first: number, second: number][] = [];
  for (const [d, size] of sizes.entries()) {
    if (size === 1) continue;
    const [a = 0, b = 0] = [first[d], second[d]];
    const last = merged.at(-1);
    if (last && last[1] === size * a && last[2] === size * b) {
      merged[merged.length - 1] = [last[0] * size, a, b];
    } else {
      merged.push([size, a, b]);
    }
  }
  if (merged.length === 0) merged.push([1, 1, 1]);
  const layout = Int32Array.from([0, 1, 2].flatMap((k) => merged.map((entry) => entry[k] ?? 0)));
  return { layout, rank: merged.length };
}
