import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { discountedReturns, gae } from './gae.js';

interface Golden {
  readonly name: string;
  readonly config: { readonly gamma: number; readonly lam: number };
  readonly rewards: number[][];
  readonly values: number[][];
  readonly mask: number[][];
  readonly bootstrap_value: number[];
  readonly advantages: number[][];
  readonly returns: number[][];
}

const file = new URL('../../fixtures/gae.json', import.meta.url);
const goldens: Golden[] = JSON.parse(readFileSync(file, 'utf8')).cases;
const inputOf = (golden: Golden) => ({
  rewards: golden.rewards.flat(),
  values: golden.values.flat(),
  mask: golden.mask.flat(),
  shape: [golden.mask.length, golden.mask[0].length] as const,
  bootstrapValues: golden.bootstrap_value,
});

describe('gae: golden values of an independent reference', () => {
  it.each(goldens.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
    const { gamma, lam: lambda } = golden.config;
    const { advantages, returns } = gae(inputOf(golden), { gamma, lambda });
    golden.advantages.flat().forEach((expected, i) => {
      expect(Math.abs(advantages[i] - expected)).toBeLessThan(1e-12);
    });
    golden.returns.flat().forEach((expected, i) => {
      expect(Math.abs(returns[i] - expected)).toBeLessThan(1e-12);
    });
  });
});

describe('gae: identities', () => {
  const row = {
    rewards: [1, 0, 2, 5],
    values: [3, 1, 4, 2],
    mask: [1, 1, 1, 1],
    shape: [1, 4] as const,
  };

  it('λ = 1 is discounted returns minus values', () => {
    const { advantages } = gae(row, { gamma: 0.9, lambda: 1 });
    const returns = discountedReturns(row, { gamma: 0.9 });
    advantages.forEach((A, i) => {
      expect(A).toBeCloseTo(returns[i] - row.values[i], 12);
    });
    expect(returns[0]).toBeCloseTo(1 + 0.81 * 2 + 0.729 * 5, 12);
  });

  it('λ = 0 is the one-step error', () => {
    const { advantages } = gae(row, { gamma: 0.5, lambda: 0 });
    expect([...advantages]).toEqual([1 + 0.5 - 3, 0 + 2 - 1, 2 + 1 - 4, 5 - 2]);
  });

  it('the true value as bootstrap makes a cut-off episode equal to the whole one', () => {
    const whole = gae(row, { gamma: 0.9, lambda: 0.8 });
    const cut = gae(
      { rewards: [1, 0], values: [3, 1], mask: [1, 1], shape: [1, 2], bootstrapValues: [4] },
      { gamma: 0.9, lambda: 0 },
    );
    const oneStep = gae(row, { gamma: 0.9, lambda: 0 });
    expect([...cut.advantages]).toEqual([...oneStep.advantages.slice(0, 2)]);
    expect(whole.advantages[3]).toBe(3);
  });

  it('tool tokens are skipped, not zeroed: removing them changes nothing', () => {
    const withTools = gae(
      { rewards: [1, 0, 0, 2], values: [3, 77, 88, 4], mask: [1, 0, 0, 1], shape: [1, 4] },
      { gamma: 0.9, lambda: 0.8 },
    );
    const without = gae(
      { rewards: [1, 2], values: [3, 4], mask: [1, 1], shape: [1, 2] },
      { gamma: 0.9, lambda: 0.8 },
    );
    expect([...withTools.advantages]).toEqual([without.advantages[0], 0, 0, without.advantages[1]]);
  });

  it('a reward on a tool token belongs to the token of the model before it, undiscounted', () => {
    const onTool = {
      rewards: [0, 7, 1],
      values: [0, 0, 0],
      mask: [1, 0, 1],
      shape: [1, 3] as const,
    };
    const onToken = { ...onTool, rewards: [7, 0, 1] };
    expect(gae(onTool, { gamma: 0.5 })).toEqual(gae(onToken, { gamma: 0.5 }));
  });

  it('λ may differ between sequences', () => {
    const rows = {
      rewards: [1, 2, 1, 2],
      values: [3, 4, 3, 4],
      mask: [1, 1, 1, 1],
      shape: [2, 2] as const,
    };
    const each = gae(rows, { lambda: [0, 1] });
    expect(each.advantages[0]).toBe(gae(rows, { lambda: 0 }).advantages[0]);
    expect(each.advantages[2]).toBe(gae(rows, { lambda: 1 }).advantages[2]);
  });
});

describe('gae: edges', () => {
  it('what stands at masked positions has no influence', () => {
    const input = {
      rewards: [1, Number.NaN],
      values: [2, Number.NaN],
      mask: [1, 0],
      shape: [1, 2] as const,
    };
    expect([...gae(input).advantages]).toEqual([-1, 0]);
  });

  it('a row without tokens of the model has advantages and returns of 0', () => {
    const { advantages, returns } = gae({ rewards: [5], values: [5], mask: [0], shape: [1, 1] });
    expect([...advantages, ...returns]).toEqual([0, 0]);
  });

  it('bad input is an error', () => {
    const one = { rewards: [1], values: [1], mask: [1], shape: [1, 1] as const };
    expect(() => gae({ ...one, values: [1, 2] })).toThrow(
      'gae: values needs shape [1, 1], got 2 numbers',
    );
    expect(() => gae({ ...one, mask: [] })).toThrow('mask needs shape [1, 1], got 0 numbers');
    expect(() => gae({ ...one, values: [Number.NaN] })).toThrow('got NaN at [0, 0]');
    expect(() => gae(one, { gamma: 1.1 })).toThrow('gamma needs a number from 0 to 1, got 1.1');
    expect(() => gae(one, { lambda: [] })).toThrow('lambda needs a number from 0 to 1');
    expect(() => gae({ ...one, bootstrapValues: [] })).toThrow(
      'bootstrapValues needs shape [1], got [0]',
    );
    expect(() => gae({ ...one, bootstrapValues: [1 / 0] })).toThrow('bootstrapValues needs finite');
  });
});
