import { keyedRandom } from '@grpo/random';
import {
  attention,
  availableBackends,
  concat,
  countTensors,
  dispose,
  initBackend,
  type Tensor,
  tensor,
  tidy,
} from '@grpo/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  alignCache,
  attendInParts,
  cachedPlaces,
  disposeCache,
  growCache,
  type KeyValues,
  type LayerCache,
  pickCacheRows,
  stackCaches,
} from './key-value-cache.js';

const [B, HEADS, DH] = [2, 2, 4];
const random = keyedRandom('cache');
const normal = (shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
    shape,
  );
const placesOf = (count: number): KeyValues => ({
  keys: normal([B, HEADS, count, DH]),
  values: normal([B, HEADS, count, DH]),
});
const whole = ({ keys, values, tail }: LayerCache): KeyValues =>
  tail
    ? { keys: concat([keys, tail.keys], 2), values: concat([values, tail.values], 2) }
    : { keys, values };
/** Grows a cache one place after the other. */
function grown(first: number, added: number): { cache: LayerCache; tails: number[] } {
  let cache: LayerCache = growCache(undefined, placesOf(first));
  const tails: number[] = [];
  for (let t = 0; t < added; t++) {
    cache = growCache(cache, placesOf(1));
    tails.push(cache.tail?.keys.shape[2] ?? 0);
  }
  return { cache, tails };
}

describe.each(await availableBackends())('on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  test.each([{}, { scale: 0.3, softcap: 2 }])(
    'attention in two parts is attention over the whole with %j',
    (options) => {
      tidy(() => {
        const { cache } = grown(140, 9);
        const { keys, values, tail } = cache;
        if (tail === undefined) throw new Error('needs a tail, got none');
        const q = normal([B, HEADS, 3, DH]);
        const bias = tensor(
          Float32Array.from({ length: B * 149 }, (_, i) => (i % 7 === 0 ? -1e9 : 0)),
          [B, 1, 1, 149],
        );
        const parts = attendInParts(q, { keys, values }, tail, bias, options).dataSync();
        const all = whole(cache);
        const known = attention(q, all.keys, all.values, bias, options).dataSync();
        const errors = parts.map((value, i) => Math.abs(value - known[i]));
        expect(Math.max(...errors)).toBeLessThan(1e-5);
        return [];
      });
    },
  );

  test('places stay in order through tails and what becomes of them', () => {
    tidy(() => {
      const parts = [placesOf(120), ...Array.from({ length: 60 }, () => placesOf(1))];
      const cache = parts.reduce<LayerCache | undefined>(
        (before, added) => growCache(before, added),
        undefined,
      );
      if (cache === undefined) throw new Error('needs a cache, got none');
      expect(cache.tail?.keys.shape[2]).toBeGreaterThan(0);
      for (const name of ['keys', 'values'] as const) {
        const known = concat(
          parts.map((part) => part[name]),
          2,
        );
        expect(whole(cache)[name].dataSync()).toEqual(known.dataSync());
      }
      return [];
    });
  });

  test('rows are picked, aligned and stacked with their tails', () => {
    const before = countTensors();
    tidy(() => {
      const { cache } = grown(130, 5);
      const all = whole(cache).keys.dataSync();
      const row = HEADS * 135 * DH;
      const [picked] = pickCacheRows([cache], Int32Array.of(1, 1, 0));
      const pickedAll = whole(picked).keys.dataSync();
      expect(pickedAll.subarray(row, 2 * row)).toEqual(all.subarray(row));
      expect(pickedAll.subarray(2 * row)).toEqual(all.subarray(0, row));

      const wider = alignCache([cache], 137);
      expect(cachedPlaces(wider)).toBe(137);
      const [first] = wider;
      expect([...first.keys.dataSync().subarray(0, 2 * DH)]).toEqual(new Array(2 * DH).fill(0));
      expect(first.keys.dataSync().subarray(2 * DH, 137 * DH)).toEqual(all.subarray(0, 135 * DH));
      const [narrower] = alignCache([cache], 4);
      expect(narrower.keys.dataSync().subarray(0, 4 * DH)).toEqual(
        all.subarray(131 * DH, 135 * DH),
      );

      const [stacked] = stackCaches([alignCache([cache], 135), alignCache([picked], 135)]);
      expect(stacked.keys.shape).toEqual([5, HEADS, 135, DH]);
      expect(stacked.keys.dataSync().subarray(2 * row)).toEqual(pickedAll);
      return [];
    });
    expect(countTensors()).toBe(before);
  });
});

test('T places are copied about T√T times, not T²', () => {
  const { tails } = tidy(() => ({ ...grown(1, 1000), cache: [] }));
  let [copied, body] = [0, 1];
  for (const [t, tail] of tails.entries()) {
    copied += tail > 0 ? tail : t + 2;
    if (tail === 0) body += 1;
  }
  expect(body).toBeLessThan(160); // places that were copied with the whole cache
  expect(copied).toBeLessThan(1000 * Math.sqrt(1000) * 1.5);
  expect(Math.max(...tails)).toBeLessThan(Math.sqrt(2 * 1001));
});

test('a cache frees what the next one does not share', () => {
  const before = countTensors();
  const first = [growCache(undefined, placesOf(200))];
  const added = placesOf(1);
  const second = [growCache(first[0], added)];
  disposeCache(first, second);
  expect(second[0].keys.isDisposed).toBe(false);
  const more = placesOf(1);
  const third = [growCache(second[0], more)];
  disposeCache(second, third);
  disposeCache(third);
  dispose([more.keys, more.values]);
  expect(countTensors()).toBe(before);
});
