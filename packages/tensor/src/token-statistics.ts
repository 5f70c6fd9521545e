import * as tf from '@tensorflow/tfjs';
import type { Tensor } from './types.js';

/** Bytes that the logits of one chunk may take; a handful of arrays of this size live at a time. */
export const CHUNK_BYTES = 2 ** 27;

/** The same tokens under a frozen model. */
export interface ReferenceOutput {
  /** [N, D′] constant */
  readonly hidden: Tensor;
  /** [V, D′] constant */
  readonly weight: Tensor;
  /** As `softcap` of the options. */
  readonly softcap?: number;
}

/** Settings of `tokenStatistics`. */
export interface TokenStatisticsOptions {
  /** τ, divides the logits, those of the reference too; positive. Default 1. */
  readonly temperature?: number;
  /** c of c · tanh(logit / c), before the temperature. Default: no cap. */
  readonly softcap?: number;
  /** Adds the row of entropies. Default false. */
  readonly entropies?: boolean;
  /** Adds the row of divergences from this model. */
  readonly reference?: ReferenceOutput;
  /** Whether `weight` receives gradient; false saves an array of its size. Default true. */
  readonly trainsWeight?: boolean;
  /** Most bytes of the logits of one chunk. Default 128 MiB. */
  readonly chunkBytes?: number;
  /** op(A) · op(B), with gradients of its own left out. Default: in float32. */
  readonly product?: Product;
}

/** op(A) · op(B), each transposed where told. */
export type Product = (a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean) => Tensor;

/**
 * What losses look at of next-token distributions p = softmax(z), z = cap(h Wᵀ) / τ, without holding all logits:
 *   log-prob y = z[id] − lse(z),  entropy H = lse(z) − Σ p z,  KL = Σ p (log p − log q).
 * Rows are taken in chunks. The forward pass keeps log-sum-exps alone, and the backward pass computes the logits of
 * each chunk again:
 *   ∂z = ∂y · (onehot(id) − p) − ∂H · p (log p + H) + ∂KL · p (log p − log q − KL).
 *
 * @param hidden [N, D] receives gradient
 * @param weight [V, D] receives gradient unless told otherwise
 * @param ids [N] tokens
 * @returns [S, N] in nats: log-probs; then entropies and then divergences, where asked for
 */
export function tokenStatistics(
  hidden: Tensor,
  weight: Tensor,
  ids: Int32Array,
  options: TokenStatisticsOptions = {},
): Tensor {
  const { temperature = 1, softcap, reference, trainsWeight = true } = options;
  const { chunkBytes = CHUNK_BYTES, product = tf.matMul as Product } = options;
  if (!(temperature > 0)) {
    throw new Error(
      `tokenStatistics: needs a temperature above 0, got ${temperature}. Greedy sampling has no log-probs of its own: score it at temperature 1.`,
    );
  }
  const [vocabulary = 0] = weight.shape;
  const chunks = chunksOf(ids.length, Math.max(1, Math.floor(chunkBytes / 4 / vocabulary)));
  const scaled = (h: Tensor, w: Tensor, cap: number | undefined) =>
    tf.tidy(() => capped(product(h, w, false, true), cap, temperature)); // [n, V]

  /** log p, and log q where there is a reference. [n, V] each */
  const logits = ([h, w, hq, wq]: Tensor[], chunk: Chunk) => ({
    z: scaled(rows(h as Tensor, chunk), w as Tensor, softcap),
    zq: hq && wq && scaled(rows(hq, chunk), wq, reference?.softcap),
  });

  const forward = (operands: Tensor[]): Tensor[] =>
    chunks.map((chunk) =>
      tf.tidy(() => {
        const { z, zq } = logits(operands, chunk);
        const lse = tf.logSumExp(z, -1, true); // [n, 1]
        const chosen = tf.tidy(() => tf.sum(tf.mul(z, oneHotRows(ids, chunk, vocabulary)), -1));
        const logP = tf.sub(z, lse); // [n, V]
        const found = [tf.sub(chosen, tf.squeeze(lse, [1]))]; // [n]
        if (options.entropies || zq) {
          const p = tf.exp(logP); // [n, V]
          if (options.entropies) found.push(tf.neg(meanUnder(p, logP)));
          if (zq) found.push(meanUnder(p, tf.sub(logP, tf.sub(zq, tf.logSumExp(zq, -1, true)))));
        }
        return tf.stack([...found, tf.squeeze(lse, [1])]); // [S + 1, n]
      }),
    );

  return tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    const h = args[0] as Tensor;
    const w = trainsWeight ? (args[1] as Tensor) : weight;
    const operands = reference ? [h, w, reference.hidden, reference.weight] : [h, w];
    const all = tf.tidy(() => tf.concat(forward(operands), 1)); // [S + 1, N]
    const count = (all.shape[0] ?? 1) - 1; // S
    save([all, ...operands]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [all, ...operands] = saved as [Tensor, ...Tensor[]];
      const [h, w] = operands as [Tensor, Tensor];
      let dw: Tensor | undefined;
      const dh = chunks.map((chunk) => {
        const [part, more] = tf.tidy(() => {
          const dz = logitGradient(logits(operands, chunk), column(all, chunk), column(dy, chunk), {
            onehot: () => oneHotRows(ids, chunk, vocabulary),
            hasEntropies: options.entropies ?? false,
          }); // [n, V]
          const dl = throughCap(dz, () => product(rows(h, chunk), w, false, true), options);
          const part = product(dl, w); // [n, D]
          return trainsWeight ? [part, product(dl, rows(h, chunk), true)] : [part];
        }) as [Tensor, Tensor?];
        if (more !== undefined) dw = accumulated(dw, more); // [V, D]
        return part;
      });
      const gradient = dh.length === 1 ? (dh[0] as Tensor) : tf.concat(dh, 0); // [N, D]
      return dw === undefined ? [gradient] : [gradient, dw];
    };
    return { value: tf.slice(all, [0, 0], [count, -1]), gradFunc };
  })(...(trainsWeight ? [hidden, weight] : [hidden]));
}

interface Chunk {
  readonly start: number;
  readonly size: number;
}

function chunksOf(count: number, size: number): Chunk[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => ({
    start: i * size,
    size: Math.min(size, count - i * size),
  }));
}

/** Rows of one chunk. [N, D] → [n, D] */
const rows = (x: Tensor, { start, size }: Chunk) => tf.slice(x, [start, 0], [size, -1]);

/** Columns of one chunk. [S, N] → [S][n, 1] */
function column(x: Tensor, { start, size }: Chunk): Tensor[] {
  const part = tf.slice(x, [0, start], [-1, size]); // [S, n]
  return tf.unstack(part).map((row) => tf.reshape(row, [size, 1]));
}

function oneHotRows(ids: Int32Array, { start, size }: Chunk, classes: number): Tensor {
  const chosen = tf.tensor1d(ids.subarray(start, start + size), 'int32');
  return tf.cast(tf.oneHot(chosen, classes), 'float32'); // [n, V]
}

/** Σ p x per row. [n, V] twice → [n] */
const meanUnder = (p: Tensor, x: Tensor) => tf.tidy(() => tf.sum(tf.mul(p, x), -1));

/** z = c · tanh(l / c) / τ, or l / τ without a cap. [n, V] */
function capped(l: Tensor, softcap: number | undefined, temperature: number): Tensor {
  if (softcap === undefined) return temperature === 1 ? l : tf.mul(l, 1 / temperature);
  return tf.mul(tf.tanh(tf.mul(l, 1 / softcap)), softcap / temperature);
}

/** ∂l from ∂z: ∂l = ∂z (1 − tanh²(l / c)) / τ. [n, V] */
function throughCap(
  dz: Tensor,
  logits: () => Tensor,
  { softcap, temperature = 1 }: TokenStatisticsOptions,
): Tensor {
  const scaled = temperature === 1 ? dz : tf.mul(dz, 1 / temperature);
  if (softcap === undefined) return scaled;
  const t = tf.tanh(tf.mul(logits(), 1 / softcap));
  return tf.mul(scaled, tf.sub(1, tf.square(t)));
}

/** ∂z of one chunk. [n, V] */
function logitGradient(
  { z, zq }: { readonly z: Tensor; readonly zq: Tensor | undefined },
  values: readonly Tensor[], // [S + 1][n, 1], the last of them lse(z)
  dys: readonly Tensor[], // [S][n, 1]
  { onehot, hasEntropies }: { readonly onehot: () => Tensor; readonly hasEntropies: boolean },
): Tensor {
  const [dy] = dys as [Tensor];
  return tf.tidy(() => {
    const logP = tf.sub(z, values.at(-1) as Tensor); // [n, V]
    let perProbability: Tensor = tf.neg(dy); // what multiplies p; [n, 1], then [n, V]
    if (hasEntropies) {
      const [, entropy] = values as [Tensor, Tensor];
      const [, dEntropy] = dys as [Tensor, Tensor];
      perProbability = tf.sub(perProbability, tf.mul(dEntropy, tf.add(logP, entropy)));
    }
    if (zq !== undefined) {
      const [kl, dKl] = [values.at(-2), dys.at(-1)] as [Tensor, Tensor];
      const logQ = tf.sub(zq, tf.logSumExp(zq, -1, true)); // [n, V]
      const surplus = tf.sub(tf.sub(logP, logQ), kl);
      perProbability = tf.add(perProbability, tf.mul(dKl, surplus));
    }
    return tf.add(tf.mul(onehot(), dy), tf.mul(tf.exp(logP), perProbability)); // [n, V]
  });
}

function accumulated(sum: Tensor | undefined, more: Tensor): Tensor {
  if (sum === undefined) return more;
  const next = tf.add(sum, more);
  tf.dispose([sum, more]);
  return next;
}
