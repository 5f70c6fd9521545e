import { goldTexts } from './gold-texts.js';
import type { Reward } from './types.js';

/** Turns texts into vectors of one length, in their order. */
export type Embed = (texts: readonly string[]) => Promise<readonly ArrayLike<number>[]>;

/** Options of `embeddingSimilarity`. */
export interface EmbeddingSimilarityOptions {
  /** Column of the row that holds the reference, or a list of references, of which the closest counts. Default `answer`. */
  readonly column?: string;
  /** Texts per call of `embed`. Default 64. */
  readonly batchSize?: number;
  /** Vectors kept, those used last. Default 1000. */
  readonly cacheSize?: number;
  /** Characters of a text that are embedded. Default 8000. */
  readonly maxLength?: number;
}

/**
 * Rewards meaning close to a reference, with vectors u and v of an embedder that you give:
 *
 *     r = u·v / (‖u‖ ‖v‖)
 *
 * Texts that are asked for at the same time go to the embedder in one batch; a text that was embedded is not embedded
 * again. If a call fails, it fails for the texts of its batch. An embedder is a model: whatever it likes without reason,
 * training finds, so put a reward that cannot be fooled beside it.
 *
 * @returns a reward from −1 to 1; `null` where the row has no reference or one text is blank
 * @throws RangeError unless the sizes are positive integers; the reward throws if the embedder does, or returns
 * anything but a vector of finite numbers per text
 * @example
 * embeddingSimilarity(embed, { column: 'summary' }); // { name: 'embeddingSimilarity', fn }
 */
export function embeddingSimilarity(
  embed: Embed,
  {
    column = 'answer',
    batchSize = 64,
    cacheSize = 1000,
    maxLength = 8000,
  }: EmbeddingSimilarityOptions = {},
): Reward {
  for (const [name, value] of Object.entries({ batchSize, cacheSize, maxLength })) {
    if (!(Number.isInteger(value) && value >= 1)) {
      throw new RangeError(
        `embeddingSimilarity: ${name} must be an integer of at least 1, got ${value}. Leave it out for the default.`,
      );
    }
  }
  const vectorOf = cached(batched(embed, batchSize), cacheSize);
  return {
    name: 'embeddingSimilarity',
    fn: async ({ completion, row }) => {
      const gold = goldTexts('embeddingSimilarity', row, column);
      if (gold.length === 0 || completion.trim() === '') return null;
      const [said, ...wanted] = await Promise.all(
        [completion, ...gold].map((text) => vectorOf(text.slice(0, maxLength))),
      );
      return Math.max(...wanted.map((vector) => cosine(said, vector)));
    },
  };
}

type VectorOf = (text: string) => Promise<ArrayLike<number>>;

/** Gathers the texts of one turn of the event loop. */
function batched(embed: Embed, batchSize: number): VectorOf {
  interface Asked {
    readonly text: string;
    readonly resolve: (vector: ArrayLike<number>) => void;
    readonly reject: (error: unknown) => void;
  }
  let waiting: Asked[] = [];
  const send = async (batch: readonly Asked[]): Promise<void> => {
    try {
      const vectors = await embed(batch.map(({ text }) => text));
      checkVectors(vectors, batch.length);
      for (const [i, { resolve }] of batch.entries()) resolve(vectors[i]);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  const flush = (): void => {
    const all = waiting;
    waiting = [];
    for (let i = 0; i < all.length; i += batchSize) void send(all.slice(i, i + batchSize));
  };
  return (text) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setTimeout(flush);
      waiting.push({ text, resolve, reject });
    });
}

/** Keeps what was asked for last; what failed is not kept. */
function cached(vectorOf: VectorOf, size: number): VectorOf {
  const kept = new Map<string, Promise<ArrayLike<number>>>();
  return (text) => {
    const vector = kept.get(text) ?? vectorOf(text);
    kept.delete(text);
    kept.set(text, vector);
    vector.catch(() => kept.get(text) === vector && kept.delete(text));
    for (const oldest of kept.keys()) {
      if (kept.size <= size) break;
      kept.delete(oldest);
    }
    return vector;
  };
}

function checkVectors(vectors: unknown, count: number): void {
  const isList = Array.isArray(vectors) && vectors.length === count;
  if (isList && vectors.every((vector) => isVector(vector) && vector.length === vectors[0].length))
    return;
  throw new Error(
    `embeddingSimilarity: embed must return ${count} vectors of finite numbers and one length, got something else. Return one vector per text, in their order.`,
  );
}

function isVector(vector: unknown): vector is ArrayLike<number> {
  const isList =
    Array.isArray(vector) || vector instanceof Float32Array || vector instanceof Float64Array;
  return isList && vector.length > 0 && Array.from<unknown>(vector).every(Number.isFinite);
}

/** 0 for a vector of zeros, which points nowhere. */
function cosine(u: ArrayLike<number>, v: ArrayLike<number>): number {
  const [a, b] = [Array.from(u), Array.from(v)];
  const norm = Math.hypot(...a) * Math.hypot(...b);
  const dot = a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  return norm === 0 ? 0 : Math.min(1, Math.max(-1, dot / norm));
}
