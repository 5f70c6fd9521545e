import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from './cross-entropy.js';
import type { Tensor } from './types.js';

/** Bytes that the logits of one chunk may take; a handful of arrays of this size live at a time. */
export const CHUNK_BYTES = 2 ** 27;
/** Bytes of [N, V] numbers that the forward pass may keep for the backward one; more of them are computed again. */
const KEPT_BYTES = 2 ** 28;

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
 * Rows are taken in chunks. The forward pass keeps p − onehot(id) where there is room for it, else nothing of the
 * size of the vocabulary, and the backward pass computes the logits of each chunk again:
 *   ∂z = ∂y · (onehot(id) − p) − ∂H · p (log p + H) + ∂KL · p (log p − log q − KL).
 * Where y alone has a gradient, ∂y multiplies rows of ∂h and of h, not [N, V] numbers.
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

  const isTaped = tf.engine().state.gradientDepth > 0;
  const isPlain = reference === undefined && softcap === undefined;
  const keeps = isTaped && isPlain && 4 * ids.length * vocabulary <= KEPT_BYTES;
  const idsOf = ({ start, size }: Chunk) => ids.subarray(start, start + size);

  /** Statistics [S, n] of one chunk, and p − onehot(id) [n, V] where it is kept. */
  const forward = (operands: Tensor[], chunk: Chunk): [Tensor, Tensor?] =>
    tf.tidy(() => {
      const { z, zq } = logits(operands, chunk);
      const { loss, gradient } = crossEntropy(z, idsOf(chunk)); // [n], [n, V]
      const found = [tf.neg(loss)];
      if (options.entropies) found.push(tf.sub(loss, meanUnder(gradient, z))); // Σ (p − onehot) z = Σ p z − z[id]
      if (zq) {
        const logP = tf.sub(z, tf.logSumExp(z, -1, true)); // [n, V]
        const logQ = tf.sub(zq, tf.logSumExp(zq, -1, true)); // [n, V]
        found.push(meanUnder(tf.exp(logP), tf.sub(logP, logQ)));
      }
      const statistics = tf.stack(found); // [S, n]
      return keeps ? [statistics, gradient] : [statistics];
    });

  return tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    const h = args[0] as Tensor;
    const w = trainsWeight ? (args[1] as Tensor) : weight;
    const operands = reference ? [h, w, reference.hidden, reference.weight] : [h, w];
    const parts = chunks.map((chunk) => forward(operands, chunk));
    const kept = parts.flatMap(([, gradient]) => gradient ?? []);
    const all = tf.tidy(() =>
      tf.concat(
        parts.map(([statistics]) => statistics),
        1,
      ),
    ); // [S, N]
    tf.dispose(parts.map(([statistics]) => statistics));
    save([all, ...operands, ...kept]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [all, ...rest] = saved as [Tensor, ...Tensor[]];
      const operands = rest.slice(0, reference ? 4 : 2);
      const kept = rest.slice(operands.length);
      const [h, w] = operands as [Tensor, Tensor];
      const isSimple = isPlain && areZero(dy, 1);

      /** ∂h and, where it is wanted, ∂w of one chunk. */
      const backward = (chunk: Chunk, c: number): [Tensor, Tensor?] => {
        if (isSimple) {
          const g = kept[c] ?? crossEntropy(logits(operands, chunk).z, idsOf(chunk)).gradient; // [n, V]
          const scale = tf.mul(column(dy, chunk)[0] as Tensor, -1 / temperature); // [n, 1]
          const part = tf.mul(product(g, w), scale); // [n, D]
          if (!trainsWeight) return [part];
          return [part, product(g, tf.mul(rows(h, chunk), scale), true)];
        }
        const dz = logitGradient(logits(operands, chunk), column(all, chunk), column(dy, chunk), {
          onehot: () => oneHotRows(ids, chunk, vocabulary),
          hasEntropies: options.entropies ?? false,
        }); // [n, V]
        const dl = throughCap(dz, () => product(rows(h, chunk), w, false, true), options);
        const part = product(dl, w); // [n, D]
        return trainsWeight ? [part, product(dl, rows(h, chunk), true)] : [part];
      };

      let dw: Tensor | undefined;
      const dh = chunks.map((chunk, c) => {
        const [part, more] = tf.tidy(() => backward(chunk, c));
        if (more !== undefined) dw = accumulated(dw, more); // [V, D]
        return part;
      });
      const gradient = dh.length === 1 ? (dh[0] as Tensor) : tf.concat(dh, 0); // [N, D]
      return dw === undefined ? [gradient] : [gradient, dw];
    };
    return { value: all, gradFunc };
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

/** Whether all rows from one on are zero. [S, N] */
function areZero(x: Tensor, from: number): boolean {
  const [, count = 0] = x.shape;
  return x
    .dataSync()
    .subarray(from * count)
    .every((value) => value === 0);
}

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
  values: readonly Tensor[], // [S][n, 1]
  dys: readonly Tensor[], // [S][n, 1]
  { onehot, hasEntropies }: { readonly onehot: () => Tensor; readonly hasEntropies: boolean },
): Tensor {
  const [dy] = dys as [Tensor];
  return tf.tidy(() => {
    const logP = tf.sub(z, tf.logSumExp(z, -1, true)); // [n, V]
    let perProbability: Tensor = tf.neg(dy); // what multiplies p; [n, 1], then [n, V]
    if (hasEntropies) {
      const [, entropy] = values as [Tensor, Tensor];
      const [, dEntropy] = dys as [Tensor, Tensor];
      perProbability = tf.sub(perProbability, tf.mul(dEntropy, tf.add(logP, entropy)));
    }
    if (zq !== undefined) {
      const [kl, dKl] = [values.at(-1), dys.at(-1)] as [Tensor, Tensor];
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
