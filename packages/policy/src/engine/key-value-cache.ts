import {
  type AttentionOptions,
  add,
  concat,
  dispose,
  gatherRows,
  matMul,
  mul,
  reshape,
  slice,
  softCap,
  softmax,
  type Tensor,
  tensor,
  tidy,
} from '@grpo/tensor';

/** Keys and values of some places. [B, Hkv, S, Dh] each */
export interface KeyValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * Keys and values of one layer that were computed before. Tensors cannot grow in place, and appending one place
 * to a long one copies it all; so the latest places wait in a tail that is short enough to copy.
 */
export interface LayerCache extends KeyValues {
  readonly tail?: KeyValues;
}

/** Below so many places a copy costs less than attention in two parts. */
const WHOLE = 128;
/** Shortest tail that is worth moving into the body. */
const TAIL = 32;

/** Places that are cached. */
export function cachedPlaces(cache: readonly LayerCache[]): number {
  const [first] = cache;
  return first === undefined ? 0 : places(first) + (first.tail ? places(first.tail) : 0);
}

/**
 * The cache with new places behind the old ones. A tail of √(2S) places is moved into the body of S, so that T places,
 * one at a time, cost T√T copies in all and not T².
 *
 * @param cache stays valid; the result may share tensors with it
 */
export function growCache(cache: LayerCache | undefined, added: KeyValues): LayerCache {
  if (cache === undefined) return added;
  const { keys, values, tail } = cache;
  const body = places(cache);
  const waiting = (tail ? places(tail) : 0) + places(added);
  const parts = [{ keys, values }, ...(tail ? [tail] : []), added];
  if (body + waiting <= WHOLE || waiting >= Math.max(TAIL, Math.sqrt(2 * body))) {
    return joinPlaces(parts);
  }
  return { keys, values, tail: joinPlaces(parts.slice(1)) };
}

/**
 * `attention` over a body and its tail, without joining them. Nothing here is kept for a gradient.
 *
 * @param q [B, Hkv, R·T, Dh]
 * @param bias broadcastable to [B, Hkv, R·T, S], body before tail
 * @returns [B, Hkv, R·T, Dh]
 */
export function attendInParts(
  q: Tensor,
  body: KeyValues,
  tail: KeyValues,
  bias: Tensor,
  { scale = 1 / Math.sqrt(q.shape.at(-1) ?? 1), softcap }: AttentionOptions = {},
): Tensor {
  const [b = 0, heads = 0, rows = 0] = q.shape;
  const [first, last] = [places(body), places(tail)];
  const products = [body, tail].map(({ keys }) => matMul(q, keys, false, true));
  const scaled = mul(concat(products, 3), scale); // [B, Hkv, R·T, S]
  const scores = softcap === undefined ? scaled : softCap(scaled, softcap); // [B, Hkv, R·T, S]
  const p = softmax(add(scores, bias)); // [B, Hkv, R·T, S]
  const before = slice(p, [0, 0, 0, 0], [b, heads, rows, first]); // [B, Hkv, R·T, S body]
  const behind = slice(p, [0, 0, 0, first], [b, heads, rows, last]); // [B, Hkv, R·T, S tail]
  return add(matMul(before, body.values), matMul(behind, tail.values)); // [B, Hkv, R·T, Dh]
}

/** Rows of the cache, in the order given; rows may repeat. The old cache stays valid. */
export function pickCacheRows(cache: readonly LayerCache[], rows: Int32Array): LayerCache[] {
  const pick = (x: Tensor) =>
    tidy(() => {
      const [b = 0, ...rest] = x.shape;
      return reshape(gatherRows(reshape(x, [b, -1]), rows), [rows.length, ...rest]);
    });
  const both = ({ keys, values }: KeyValues) => ({ keys: pick(keys), values: pick(values) });
  return cache.map((layer) => ({
    ...both(layer),
    ...(layer.tail && { tail: both(layer.tail) }),
  }));
}

/**
 * The last `length` places of every row; rows that are shorter get empty places on their left, which must stay hidden.
 * The old cache stays valid; the result shares no tensor with it.
 */
export function alignCache(cache: readonly LayerCache[], length: number): LayerCache[] {
  const surplus = cachedPlaces(cache) - length;
  const align = (x: Tensor) => {
    const [b = 0, heads = 0, s = 0, dh = 0] = x.shape;
    if (surplus >= 0) return slice(x, [0, 0, surplus, 0], [b, heads, s - surplus, dh]);
    const empty = tensor(new Float32Array(b * heads * -surplus * dh), [b, heads, -surplus, dh]);
    return concat([empty, x], 2);
  };
  return cache.map((layer) =>
    tidy(() => {
      const { keys, values } = layer.tail ? joinPlaces([layer, layer.tail]) : layer;
      return { keys: align(keys), values: align(values) };
    }),
  );
}

/** The rows of caches of one length that have no tails, one below the other. */
export function stackCaches(caches: readonly (readonly LayerCache[])[]): LayerCache[] {
  const [first = []] = caches;
  return first.map((_, layer) =>
    tidy(() => ({
      keys: concat(
        caches.map((cache) => cache[layer].keys),
        0,
      ),
      values: concat(
        caches.map((cache) => cache[layer].values),
        0,
      ),
    })),
  );
}

/** Every tensor of a cache. */
export function cacheTensors(cache: readonly LayerCache[]): Tensor[] {
  return cache.flatMap(({ keys, values, tail }) => [
    keys,
    values,
    ...(tail ? [tail.keys, tail.values] : []),
  ]);
}

/** Frees a cache, except for what it shares with the one that follows it. */
export function disposeCache(cache: readonly LayerCache[], next: readonly LayerCache[] = []): void {
  const shared = new Set(cacheTensors(next));
  dispose(cacheTensors(cache).filter((x) => !shared.has(x)));
}

function places({ keys }: KeyValues): number {
  return keys.shape[2] ?? 0;
}

function joinPlaces(parts: readonly KeyValues[]): KeyValues {
  const [only] = parts;
  if (parts.length === 1) return only;
  return {
    keys: concat(
      parts.map(({ keys }) => keys),
      2,
    ),
    values: concat(
      parts.map(({ values }) => values),
      2,
    ),
  };
}
