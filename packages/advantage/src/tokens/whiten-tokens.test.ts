import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { whitenTokens } from './whiten-tokens.js';

interface Golden {
  readonly advantages: number[][];
  readonly mask: number[][];
  readonly whitened?: number[][];
}

const file = new URL('../../fixtures/gae.json', import.meta.url);
const goldens: Golden[] = JSON.parse(readFileSync(file, 'utf8')).cases;

describe('whitenTokens', () => {
  it('equals the reference', () => {
    const whitened = goldens.filter((golden) => golden.whitened);
    expect(whitened.length).toBeGreaterThan(0);
    for (const golden of whitened) {
      const got = whitenTokens(golden.advantages.flat(), {
        mask: golden.mask.flat(),
        shape: [golden.mask.length, golden.mask[0].length],
      });
      golden.whitened?.flat().forEach((expected, i) => {
        expect(Math.abs(got[i] - expected)).toBeLessThan(1e-12);
      });
    }
  });

  it('masked positions neither count nor receive', () => {
    const got = whitenTokens([1, 3, 999], { mask: [1, 1, 0], shape: [1, 3] }, { epsilon: 0 });
    expect(got[0]).toBeCloseTo(-Math.SQRT1_2, 12);
    expect(got[2]).toBe(0);
  });

  it('one token, equal tokens, or none give 0', () => {
    expect([...whitenTokens([5], { mask: [1], shape: [1, 1] })]).toEqual([0]);
    expect([...whitenTokens([5, 5], { mask: [1, 1], shape: [1, 2] }, { epsilon: 0 })]).toEqual([
      0, 0,
    ]);
    expect([...whitenTokens([5], { mask: [0], shape: [1, 1] })]).toEqual([0]);
  });
});
