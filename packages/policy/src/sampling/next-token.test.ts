import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nextToken, type Shaping } from './next-token.js';

const logits = Float32Array.of(Math.log(0.2), Math.log(0.5), Math.log(0.3));
const plain = { temperature: 1 };
const idsAt = (uniforms: readonly number[], shaping: Shaping) =>
  uniforms.map((uniform) => nextToken(logits, shaping, uniform).id);

interface Golden {
  readonly shaping: Shaping;
  readonly logits: readonly number[];
  readonly seen: readonly number[];
  readonly forbidden: readonly number[];
  readonly kept: readonly number[];
  readonly sampledLogProbs: readonly number[];
  readonly logProbs: readonly number[];
}
const golden = new URL('../../fixtures/sampling/transformers.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(golden, 'utf8')) as { cases: Golden[] };

describe('as transformers', () => {
  test.each(cases.map((one) => ({ name: JSON.stringify(one.shaping), one })))(
    'each token that $name keeps has its share of the unit interval and its log-probs',
    ({ one }) => {
      const row = Float32Array.from(one.logits);
      let below = 0;
      for (const [i, id] of one.kept.entries()) {
        const share = Math.exp(one.sampledLogProbs[i]);
        const token = nextToken(row, one.shaping, below + share / 2, one);
        expect(token.id).toBe(id);
        expect(Math.abs(token.sampledLogProb - one.sampledLogProbs[i])).toBeLessThan(2e-6);
        expect(Math.abs(token.logProb - one.logProbs[i])).toBeLessThan(2e-6);
        below += share;
      }
      expect(below).toBeCloseTo(1, 5); // nothing else is kept
    },
  );
});

test('a uniform draw lands in the token whose share of the unit interval holds it', () => {
  expect(idsAt([0, 0.19, 0.21, 0.69, 0.71, 0.999], plain)).toEqual([0, 0, 1, 1, 2, 2]);
});

test('the log-prob is that of the tempered distribution', () => {
  // p ∝ p₁^(1/T) with T = 0.5: squares.
  const expected = Math.log(0.25 / (0.04 + 0.25 + 0.09));
  const token = nextToken(logits, { temperature: 0.5 }, 0.5);
  expect(token.id).toBe(1);
  expect(token.logProb).toBeCloseTo(expected, 6);
  expect(token.sampledLogProb).toBe(token.logProb);
});

test('temperature 0 takes the most probable token and scores it at temperature 1', () => {
  for (const shaping of [{ temperature: 0 }, { temperature: 0, topK: 1, topP: 0.1, minP: 0.5 }]) {
    const token = nextToken(logits, shaping, 0.99);
    expect(token.id).toBe(1);
    expect(token.logProb).toBeCloseTo(Math.log(0.5), 6);
    expect(token.sampledLogProb).toBeCloseTo(Math.log(0.5), 6);
  }
});

test('top-p raises the log-prob as sampled, and leaves the other as it was', () => {
  const token = nextToken(logits, { temperature: 1, topP: 0.7 }, 0.99);
  expect(token.id).toBe(2);
  expect(token.logProb).toBeCloseTo(Math.log(0.3), 6);
  expect(token.sampledLogProb).toBeCloseTo(Math.log(0.3 / 0.8), 6);
});

test('of equally probable tokens at the edge of top-p the lower ids stay', () => {
  const level = new Float32Array(4);
  const ids = [0.1, 0.4, 0.6, 0.9].map(
    (u) => nextToken(level, { temperature: 1, topP: 0.5 }, u).id,
  );
  expect(ids).toEqual([0, 0, 1, 1]);
});

test('the penalty makes greedy sampling move on', () => {
  const row = Float32Array.of(2, 1.9, -3);
  const shaping = { temperature: 0, repetitionPenalty: 1.2 };
  expect(nextToken(row, shaping, 0, { seen: [0, 0, 2] }).id).toBe(1);
  expect(nextToken(row, shaping, 0, { seen: [] }).id).toBe(0);
});

test('a forbidden token is never drawn, and its probability goes to the others', () => {
  const token = nextToken(logits, plain, 0.5, { forbidden: [1] });
  expect(token.id).toBe(2);
  expect(token.sampledLogProb).toBeCloseTo(Math.log(0.6), 6);
  expect(token.logProb).toBeCloseTo(Math.log(0.3), 6);
  expect(nextToken(logits, { temperature: 0 }, 0, { forbidden: [1] }).id).toBe(2);
  expect(() => nextToken(logits, plain, 0.5, { forbidden: [0, 1, 2] })).toThrow(
    'needs at least one id that may be drawn',
  );
});

test('large logits neither overflow nor lose the draw', () => {
  const { id, logProb } = nextToken(Float32Array.of(1000, 999, -1000), plain, 0.9);
  expect(id).toBe(1);
  expect(logProb).toBeCloseTo(-1 - Math.log(1 + Math.exp(-1)), 6);
});

test('a draw at the very end of the interval never takes an impossible token', () => {
  expect(nextToken(Float32Array.of(0, 0, -1e9), plain, 1 - 2 ** -53).id).toBe(1);
});

test('the same scratch for every token changes nothing, and the logits stay as they were', () => {
  const scratch = new Float64Array(3).fill(7);
  const shaping = { temperature: 0.9, topK: 2, repetitionPenalty: 1.1 };
  const before = [...logits];
  const first = nextToken(logits, shaping, 0.6, { seen: [1] }, scratch);
  expect(nextToken(logits, shaping, 0.6, { seen: [1] }, scratch)).toEqual(first);
  expect(nextToken(logits, shaping, 0.6, { seen: [1] })).toEqual(first);
  expect([...logits]).toEqual(before);
});

test('logits that are not finite are an error that says what to do', () => {
  expect(() => nextToken(Float32Array.of(Number.NaN, Number.NaN), plain, 0.5)).toThrow(
    'needs finite logits, got a maximum of NaN',
  );
  expect(() => nextToken(Float32Array.of(0, Number.NaN), { temperature: 1, topK: 1 }, 0.5)).toThrow(
    'needs finite logits, got a maximum of 0 and a total of NaN',
  );
});
