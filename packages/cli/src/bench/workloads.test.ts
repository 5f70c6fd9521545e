import { expect, it } from 'vitest';
import { lengthsOf, modelFlops, SAID, sweeps, type Workload, workloads } from './workloads.js';

const tiny: Workload = {
  name: 'tiny',
  hidden: 2,
  layers: 1,
  vocabulary: 5,
  prompts: 1,
  group: 2,
  prompt: 3,
  completion: 2,
  lengths: 'full',
};

it('the operations of a small step are those counted by hand', () => {
  // A layer: 16 D² = 64 weights, 128 operations a token. Attention: 4 D = 8 for each pair that sees each other.
  const prompt = 3 * 128 + 8 * (1 + 2 + 3);
  const answer = 2 * 128 + 8 * (4 + 5) + 2 * (2 * 5 * 2);
  const forward = prompt + 2 * answer;
  expect(modelFlops(tiny, [2, 2])).toEqual({
    sampling: forward,
    forward,
    backward: 2 * forward,
  });
});

it('a conversation counts what was said between its answers, which no answer predicts', () => {
  const { forward } = modelFlops({ ...tiny, group: 1, turns: 2 }, [2]);
  const rows = 2 * 2 + SAID;
  const attention = (3 + rows) * (3 + rows + 1) * 4;
  expect(forward).toBe((3 + rows) * 128 + attention + 4 * (2 * 5 * 2));
});

it('full answers are as long as they may be, others spread evenly, anew at each step', () => {
  expect(lengthsOf(tiny, 0)).toEqual([2, 2]);
  const [w4] = workloads.filter(({ name }) => name === 'W4');
  const steps = [0, 1, 2].map((step) => lengthsOf(w4, step));
  for (const lengths of steps) {
    expect(lengths).toHaveLength(32);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(256);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / 32;
    expect(Math.abs(mean - 128.5)).toBeLessThan(8);
  }
  expect(new Set(steps.map(String)).size).toBe(3);
});

it('every workload and every point of a sweep has a name of its own', () => {
  const names = [...workloads, ...Object.values(sweeps).flat()].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
