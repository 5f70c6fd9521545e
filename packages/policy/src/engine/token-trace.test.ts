import { expect, it } from 'vitest';
import { LOST, ROOT, TokenTrace, tracedRows } from './token-trace.js';

const V = 10;
const roomy = () => new TokenTrace(V, 2 ** 20);
const ids = (...values: number[]) => Int32Array.from(values);

/** Places a sequence below a node, each token below the one before it; returns the last node. */
function grow(trace: TokenTrace, parent: number, tokens: readonly number[]): number {
  const first = trace.reserve(tokens.length) ?? Number.NaN;
  return tokens.reduce((node, id, t) => trace.place(node, id, first + t), parent);
}

it('finds the row of every token of sequences that share their beginning', () => {
  const trace = roomy();
  const prompt = grow(trace, ROOT, [3, 1, 4]); // rows 0, 1, 2
  const first = grow(trace, prompt, [5]); // row 3
  const second = grow(trace, prompt, [6]); // row 4
  grow(trace, first, [7]); // row 5
  grow(trace, second, [7]); // row 6
  const rows = tracedRows(trace, [
    { ids: ids(3, 1, 4) },
    { ids: ids(6, 7), after: 0 },
    { ids: ids(5), after: 0 },
    { ids: ids(), after: 0 },
  ]);
  expect(rows).toEqual(ids(0, 1, 2, 4, 6, 3));
});

it('sequences that sample the same token go on from one node', () => {
  const trace = roomy();
  const prompt = grow(trace, ROOT, [1]);
  const twice = [grow(trace, prompt, [2]), grow(trace, prompt, [2])];
  expect(twice).toEqual([1, 1]);
  grow(trace, twice[0], [3]); // row 3
  grow(trace, twice[1], [4]); // row 4
  expect(tracedRows(trace, [{ ids: ids(1, 2, 3) }])).toEqual(ids(0, 1, 3));
  expect(tracedRows(trace, [{ ids: ids(1, 2, 4) }])).toEqual(ids(0, 1, 4));
});

it('does not know what it was not given, and forgets', () => {
  const trace = roomy();
  grow(trace, ROOT, [1, 2]);
  expect(tracedRows(trace, [{ ids: ids(1, 2, 3) }])).toBeUndefined();
  expect(tracedRows(trace, [{ ids: ids(2) }])).toBeUndefined();
  trace.clear();
  expect(tracedRows(trace, [{ ids: ids(1) }])).toBeUndefined();
  expect(trace.follow(ROOT, 1)).toBe(LOST);
});

it('what follows a lost token is lost', () => {
  const trace = roomy();
  expect(grow(trace, LOST, [1])).toBe(LOST);
  expect(trace.follow(LOST, 1)).toBe(LOST);
});

it('keeps results where they were written, however much is added', () => {
  const trace = roomy();
  trace.result('q', 0, 2, 3).set([1, 2, 3, 4, 5, 6]);
  trace.result('q', 2, 3000, 3).fill(7);
  expect([...(trace.resultsOf('q')?.data.subarray(0, 7) ?? [])]).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(trace.resultsOf('k')).toBeUndefined();
});

it('takes no more than it may hold', () => {
  const trace = new TokenTrace(V, 4 * 3 * 5);
  expect(trace.reserve(2)).toBe(0);
  trace.result('q', 0, 2, 3);
  expect(trace.reserve(3)).toBe(2);
  expect(trace.reserve(1)).toBeUndefined();
  trace.clear();
  expect(trace.reserve(1)).toBe(0);
});
