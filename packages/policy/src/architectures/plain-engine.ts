import type { StoredTensor } from '@grpo/safetensors';
import type { DecoderOps, ModelConfig } from './architecture.js';
import { decoder, outputWeight } from './decoder.js';

/** Rows of numbers, [N][…]. */
type Rows = readonly Float64Array[];

/** Weights by name: numbers of any kind. */
export type PlainWeights = ReadonlyMap<
  string,
  Pick<StoredTensor, 'shape'> & { readonly data: ArrayLike<number> }
>;

/**
 * A second engine for the descriptions: plain loops in float64 over one sequence, without cache or gradient.
 * It is what the tensor engine is held to, and shows all that an engine has to do.
 *
 * @param ids [T]
 * @returns logits [T][V]
 */
export function plainLogits(
  config: ModelConfig,
  weights: PlainWeights,
  ids: readonly number[],
): Rows {
  const weight = (name: string) => {
    const found = weights.get(name);
    if (found === undefined) throw new Error(`plainLogits: needs the weight "${name}", got none.`);
    return found;
  };
  const rowOf = (name: string, row: number) => {
    const { shape, data } = weight(name);
    const width = shape[1];
    return Float64Array.from({ length: width }, (_, i) => data[row * width + i]);
  };
  const rmsNorm = (x: Float64Array, w: ArrayLike<number>, centre: number) => {
    const square = x.reduce((sum, value) => sum + value * value, 0) / x.length;
    const r = 1 / Math.sqrt(square + config.normEpsilon);
    return x.map((value, i) => value * r * (centre + w[i]));
  };
  const { headSize: dh, heads, keyValueHeads } = config;

  const linear: DecoderOps<Rows>['linear'] = (x, name, bias, stored = 'out-in') => {
    const { shape, data } = weight(name);
    const [across, along] = stored === 'out-in' ? [shape[1], 1] : [1, shape[1]];
    const out = stored === 'out-in' ? shape[0] : shape[1];
    const shift = bias === undefined ? undefined : weight(bias).data;
    return x.map((row) =>
      Float64Array.from({ length: out }, (_, o) =>
        row.reduce((sum, value, i) => sum + value * data[o * across + i * along], shift?.[o] ?? 0),
      ),
    );
  };
  const gated = (g: number, u: number) => (g / (1 + Math.exp(-g))) * u;

  const ops: DecoderOps<Rows> = {
    block: (_at, x, body) => body(x),
    embedding: (name) => ids.map((id) => rowOf(name, id)),
    positionEmbedding: (name) => ids.map((_, position) => rowOf(name, position)),
    linear,
    addLinear: (residual, ...projection) =>
      pairs(residual, linear(...projection), (one, other) => one + other),
    gatedLinear: (x, gate, up) =>
      pairs(linear(x, gate.weight, gate.bias), linear(x, up.weight, up.bias), gated),
    norm: (x, name, centre = 0) => x.map((row) => rmsNorm(row, weight(name).data, centre)),
    headNorm: (x, name, centre = 0) =>
      eachHead(x, dh, (head) => rmsNorm(head, weight(name).data, centre)),
    layerNorm: (x, name, bias) =>
      x.map((row) => {
        const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
        const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
        const r = 1 / Math.sqrt(variance + config.normEpsilon);
        const [w, b] = [weight(name).data, weight(bias).data];
        return row.map((value, i) => (value - mean) * r * w[i] + b[i]);
      }),
    rotary: (x, rope) => {
      if (rope === undefined) return x;
      const half = dh / 2;
      return eachHead(x, dh, (head, position) =>
        head.map((value, i) => {
          const angle = position * rope.frequencies[i % half];
          const other = i < half ? -head[i + half] : head[i - half];
          return rope.factor * (value * Math.cos(angle) + other * Math.sin(angle));
        }),
      );
    },
    attention: (_layer, q, k, v, { window = ids.length, scale, softcap }) =>
      q.map((row, t) => {
        const out = new Float64Array(row.length);
        for (let head = 0; head < heads; head++) {
          const at = Math.floor(head / (heads / keyValueHeads)) * dh;
          const from = Math.max(0, t - window + 1);
          const query = row.subarray(head * dh, (head + 1) * dh);
          const scores = k.slice(from, t + 1).map((keys) => {
            const score = scale * query.reduce((sum, value, i) => sum + value * keys[at + i], 0);
            return softcap === undefined ? score : capped(score, softcap);
          });
          const most = Math.max(...scores);
          const total = scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
          for (const [s, score] of scores.entries()) {
            const p = Math.exp(score - most) / total;
            for (let i = 0; i < dh; i++) out[head * dh + i] += p * v[from + s][at + i];
          }
        }
        return out;
      }),
    gelu: (x) => x.map((row) => row.map((value) => value * normalDistribution(value))),
    geluTanh: (x) =>
      x.map((row) =>
        row.map((z) => (z / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3)))),
      ),
    add: (a, b) => pairs(a, b, (one, other) => one + other),
    mul: (a, b) => pairs(a, b, (one, other) => one * other),
    scale: (x, factor) => x.map((row) => row.map((value) => value * factor)),
    columns: (x, start, end) => x.map((row) => row.slice(start, end)),
  };
  const logits = ops.linear(decoder(ops, config), outputWeight(config));
  const cap = config.logitSoftcap;
  return cap === undefined ? logits : logits.map((row) => row.map((value) => capped(value, cap)));
}

function eachHead(
  x: Rows,
  headSize: number,
  f: (head: Float64Array, position: number) => Float64Array,
): Rows {
  return x.map((row, position) => {
    const out = new Float64Array(row.length);
    for (let at = 0; at < row.length; at += headSize) {
      out.set(f(row.slice(at, at + headSize), position), at);
    }
    return out;
  });
}

function pairs(a: Rows, b: Rows, f: (a: number, b: number) => number): Rows {
  return a.map((row, n) => row.map((value, i) => f(value, b[n][i])));
}

function capped(x: number, cap: number): number {
  return cap * Math.tanh(x / cap);
}

/** Φ(x) by its Taylor series, φ(0) Σ (−x² / 2)ⁿ x / (n! (2n + 1)) + 1/2: exact enough for the small x of a test. */
function normalDistribution(x: number): number {
  let term = x / Math.sqrt(2 * Math.PI);
  let sum = 0.5 + term;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / 2 / n;
    sum += term / (2 * n + 1);
  }
  return sum;
}
