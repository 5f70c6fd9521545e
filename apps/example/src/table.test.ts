import { expect, test } from 'vitest';
import { markdownTable, spreadOf } from './table.js';

test('mean and sample deviation; a single seed has no spread', () => {
  expect(spreadOf([0.5, 0.7])).toEqual({ mean: 0.6, spread: expect.closeTo(Math.SQRT1_2 / 5, 12) });
  expect(spreadOf([0.5])).toEqual({ mean: 0.5, spread: 0 });
});

test('one line per row, in per cent', () => {
  const rows = [{ name: 'none', mean: 0.5, spread: 0.125, accuracies: [0.375, 0.625] }];
  expect(markdownTable(rows, [1, 2]).split('\n')).toEqual([
    '| baseline | held-out accuracy, % | seed 1 | seed 2 |',
    '| -------- | -------------------: | -----: | -----: |',
    '| none     |          50.0 ± 12.5 |   37.5 |   62.5 |',
  ]);
  const [heads] = markdownTable(rows, [1], ['model', 'won, %']).split('\n');
  expect(heads).toBe('| model |      won, % | seed 1 |');
});
