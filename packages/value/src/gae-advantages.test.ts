import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gaeAdvantages } from './gae-advantages.js';
import type { ValueEstimator } from './types.js';

interface Case {
  readonly name: string;
  readonly config: { readonly gamma: number; readonly lam: number };
  readonly rewards: readonly (readonly number[])[];
  readonly values: readonly (readonly number[])[];
  readonly mask: readonly (readonly number[])[];
  readonly bootstrap_value: readonly number[];
  readonly advantages: readonly (readonly number[])[];
  readonly returns: readonly (readonly number[])[];
}
const path = new URL('../../advantage/fixtures/gae.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: readonly Case[] };

/** States that are their own values. */
const IDENTITY: ValueEstimator<readonly number[]> = {
  values: async (states) => Float64Array.from(states),
};

const close = (got: ArrayLike<number>, wanted: readonly number[]) => {
  expect(got).toHaveLength(wanted.length);
  for (const [i, w] of wanted.entries()) expect(got[i]).toBeCloseTo(w, 9);
};

describe('gaeAdvantages', () => {
  it.each(cases)('$name: advantages, and the returns of the unmasked tokens', async (c) => {
    const mask = c.mask.flat();
    const unmasked = (numbers: readonly (readonly number[])[]) =>
      numbers.flat().filter((_, i) => mask[i] === 1);
    const rows = c.bootstrap_value.flatMap((V, row) => (V === 0 ? [] : [row]));
    const { advantages, targets } = await gaeAdvantages(
      IDENTITY,
      {
        states: unmasked(c.values),
        rewards: c.rewards.flat(),
        mask,
        shape: [c.mask.length, c.mask[0].length],
        cutOff: { rows, states: rows.map((row) => c.bootstrap_value[row]) },
      },
      { gamma: c.config.gamma, lambda: c.config.lam },
    );
    close(advantages, c.advantages.flat());
    close(targets.returns, unmasked(c.returns));
    close(targets.oldValues, unmasked(c.values));
  });

  it('the fixture holds sequences that end, that are cut off, and that have tools in between', () => {
    expect(cases.some((c) => c.bootstrap_value.some((V) => V !== 0))).toBe(true);
    expect(cases.some((c) => c.mask.some((row) => row.join('').includes('101')))).toBe(true);
  });

  const input = { states: [0.5, 0.25, 2], rewards: [0, 1, 3, 0], mask: [1, 1, 1, 0] };

  it('with λ = 1 the advantages are returns minus values, by hand', async () => {
    const { advantages, targets } = await gaeAdvantages(
      IDENTITY,
      { ...input, shape: [2, 2] },
      { lambda: 1 },
    );
    expect([...targets.returns]).toEqual([1, 1, 3]);
    expect([...advantages]).toEqual([0.5, 0.75, 1, 0]);
  });

  it('a sequence that was cut off goes on with the value of the state after it; one that ended does not', async () => {
    const { advantages, targets } = await gaeAdvantages(
      IDENTITY,
      { ...input, shape: [2, 2], cutOff: { rows: [1], states: [10] } },
      { lambda: 1, gamma: 0.5 },
    );
    // Row 0 ended: 0 + 0.5 · 1. Row 1 was cut off: 3 + 0.5 · 10.
    expect([...targets.returns]).toEqual([0.5, 1, 8]);
    expect([...advantages]).toEqual([0, 0.75, 6, 0]);
  });

  it('two λ: the policy bootstraps, the value function learns the rewards that came', async () => {
    const both = { ...input, shape: [2, 2] as const };
    const { advantages, targets } = await gaeAdvantages(IDENTITY, both, {
      lambda: 0,
      valueLambda: 1,
    });
    expect([...advantages]).toEqual([-0.25, 0.75, 1, 0]);
    expect([...targets.returns]).toEqual([1, 1, 3]);
  });

  it('without unmasked tokens there is nothing, and no NaN', async () => {
    const { advantages, targets } = await gaeAdvantages(IDENTITY, {
      states: [],
      rewards: [1, 1],
      mask: [0, 0],
      shape: [1, 2],
    });
    expect([...advantages]).toEqual([0, 0]);
    expect(targets.returns).toHaveLength(0);
  });

  it.each([
    [{ states: [1] }, 'states needs one state for each of the 3 ones of the mask, got 1'],
    [
      { cutOff: { rows: [0], states: [] } },
      'cutOff.states needs one state for each of the 1 rows, got 0',
    ],
    [{ cutOff: { rows: [2], states: [1] } }, 'cutOff needs rows from 0 to 1, each once, got 2'],
    [{ cutOff: { rows: [0, 0], states: [1, 1] } }, 'each once, got 0, 0'],
    [{ rewards: [1] }, 'rewards needs shape [2, 2]'],
  ])('refuses %o', async (change, message) => {
    await expect(gaeAdvantages(IDENTITY, { ...input, shape: [2, 2], ...change })).rejects.toThrow(
      message,
    );
  });
});
