import { expect, test } from 'vitest';
import { sampleToken } from './sample-token.js';

const logits = Float32Array.of(Math.log(0.2), Math.log(0.5), Math.log(0.3));

test('a uniform draw lands in the token whose share of the unit interval holds it', () => {
  expect([0, 0.19, 0.21, 0.69, 0.71, 0.999].map((u) => sampleToken(logits, 1, u).id)).toEqual([
    0, 0, 1, 1, 2, 2,
  ]);
});

test('the log-prob is that of the tempered distribution', () => {
  // p ∝ p₁^(1/T) with T = 0.5: squares.
  const expected = Math.log(0.25 / (0.04 + 0.25 + 0.09));
  expect(sampleToken(logits, 0.5, 0.5)).toEqual({ id: 1, logProb: expect.closeTo(expected, 6) });
});

test('temperature 0 takes the most probable token and scores it at temperature 1', () => {
  expect(sampleToken(logits, 0, 0.99)).toEqual({
    id: 1,
    logProb: expect.closeTo(Math.log(0.5), 6),
  });
});

test('large logits neither overflow nor lose the draw', () => {
  const { id, logProb } = sampleToken(Float32Array.of(1000, 999, -1000), 1, 0.9);
  expect(id).toBe(1);
  expect(logProb).toBeCloseTo(-1 - Math.log(1 + Math.exp(-1)), 6);
});

test('a draw at the very end of the interval never takes an impossible token', () => {
  const { id } = sampleToken(Float32Array.of(0, 0, -1e9), 1, 1 - 2 ** -53);
  expect(id).toBe(1);
});

test('logits that are not finite are an error that says what to do', () => {
  expect(() => sampleToken(Float32Array.of(Number.NaN, Number.NaN), 1, 0.5)).toThrow(
    'needs finite logits, got a maximum of NaN',
  );
});
