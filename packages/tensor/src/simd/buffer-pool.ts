/** Numbers below which memory of its own is as cheap as memory from the pool. */
const SMALLEST = 64;
/** A buffer that nothing took while this many times the peak was taken, twice over, leaves. */
const TURN = 64;

/** How many sizes above its own an array may take memory of: at most a third more. */
const LARGER = 2;

interface Buffer {
  /** All of it. */
  readonly memory: Float32Array;
  /** The turn in which it came back. */
  readonly turn: number;
  /** How many came back before it. */
  readonly order: number;
}

/**
 * Memory for arrays that come and go: fresh memory costs more than most kernels do, because the system hands it over
 * page by page. Lengths are rounded up to one of eight per power of two, at most 12.5 % more, and take what lies free one or
 * two sizes above. What lies free is bounded by the most that was in use of late, and what is not used for long leaves, so
 * that lengths may vary.
 */
export class BufferPool {
  #free = new Map<number, Buffer[]>();
  #used = new Map<ArrayBufferLike, Float32Array>();
  #usedBytes = 0;
  #freeBytes = 0;
  #turn = 0;
  #given = 0; // buffers that came back
  #taken = 0; // bytes in this turn
  #peak = 0; // most bytes in use in this turn
  #peakBefore = 0; // and in the one before

  /** @param fresh makes an array in memory of its own */
  constructor(private readonly fresh: (length: number) => Float32Array) {}

  /** Bytes that lie free. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** Bytes in use. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** An array whose numbers are left over from before. */
  take(length: number): Float32Array {
    if (length < SMALLEST) return new Float32Array(length);
    const wanted = roundedUp(length);
    const found = this.#freeFor(wanted);
    const memory = found?.memory ?? this.fresh(wanted);
    const bytes = memory.byteLength;
    if (found !== undefined) this.#freeBytes -= bytes;
    this.#used.set(memory.buffer, memory);
    this.#usedBytes += bytes;
    this.#taken += bytes;
    this.#peak = Math.max(this.#peak, this.#usedBytes);
    if (this.#taken > TURN * this.#mostOfLate()) this.#nextTurn();
    return memory.subarray(0, length);
  }

  /** Whether an array lies in memory that was taken here and not given back. */
  owns(array: ArrayBufferView): boolean {
    return this.#used.has(array.buffer);
  }

  /** Takes memory back; an array that is not of the pool is left alone. */
  give(array: ArrayBufferView): void {
    const memory = this.#used.get(array.buffer);
    if (memory === undefined) return;
    this.#used.delete(array.buffer);
    const bytes = memory.byteLength;
    this.#usedBytes -= bytes;
    if (this.#freeBytes + bytes > this.#mostOfLate()) this.#makeRoom(bytes);
    const same = this.#free.get(bytes);
    const buffer = { memory, turn: this.#turn, order: this.#given++ };
    if (same === undefined) this.#free.set(bytes, [buffer]);
    else same.push(buffer);
    this.#freeBytes += bytes;
  }

  /**
   * A free buffer of this size or a little larger. The largest first: where lengths vary from step to step, those of
   * which any will do stay in use, and smaller ones leave.
   */
  #freeFor(wanted: number): Buffer | undefined {
    const sizes = [wanted];
    for (let tries = 0; tries < LARGER; tries++) sizes.unshift(roundedUp(sizes[0] + 1));
    for (const size of sizes) {
      const found = this.#free.get(4 * size)?.pop();
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #mostOfLate(): number {
    return Math.max(this.#peak, this.#peakBefore);
  }

  /** The sizes that were not given back for longest go first. */
  #makeRoom(bytes: number): void {
    const age = (same: readonly Buffer[]) => same.at(-1)?.order ?? -1;
    const oldestFirst = [...this.#free].sort(([, a], [, b]) => age(a) - age(b));
    for (const [size, same] of oldestFirst) {
      while (same.length > 0 && this.#freeBytes + bytes > this.#mostOfLate()) {
        same.shift();
        this.#freeBytes -= size;
      }
      if (same.length === 0) this.#free.delete(size);
    }
  }

  #nextTurn(): void {
    this.#turn++;
    this.#taken = 0;
    this.#peakBefore = this.#peak;
    this.#peak = this.#usedBytes;
    for (const [size, same] of this.#free) {
      const kept = same.filter(({ turn }) => turn >= this.#turn - 1);
      this.#freeBytes -= size * (same.length - kept.length);
      if (kept.length > 0) this.#free.set(size, kept);
      else this.#free.delete(size);
    }
  }
}

/** The next of 8, 9, … 15 times a power of two. */
function roundedUp(length: number): number {
  const step = 2 ** (Math.floor(Math.log2(length)) - 3);
  return Math.ceil(length / step) * step;
}
