import { expect, it } from 'vitest';
import { LOST, ROOT, TokenTrace, tracedRows } from './token-trace.js';

const V = 10;
const roomy = () => new TokenTrace(V, 2 ** 20);
const ids = (...values: number[]) => Int32Array.from(values);

it('finds the row of every token of sequences that share their beginning', () => {
  const trace = roomy();
  const prompt = trace.addSequence([3, 1, 4]);
  expect(prompt).toEqual({ first: 0, nodes: ids(0, 1, 2) });
  const first = trace.add([2, 2], [5, 6]);
  const second = trace.add(first?.nodes ?? [], [7, 7]);
  expect(second).toEqual({ first: 5, nodes: ids(5, 6) });
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
  trace.addSequence([1]);
  const twice = trace.add([0, 0], [2, 2]);
  expect(twice?.nodes).toEqual(ids(1, 1));
  trace.add([1, 1], [3, 4]);
  expect(tracedRows(trace, [{ ids: ids(1, 2, 3) }])).toEqual(ids(0, 1, 3));
  expect(tracedRows(trace, [{ ids: ids(1, 2, 4) }])).toEqual(ids(0, 1, 4));
});

it('does not know what it was not given, and forgets', () => {
  const trace = roomy();
  trace.addSequence([1, 2]);
  expect(tracedRows(trace, [{ ids: ids(1, 2, 3) }])).toBeUndefined();
  expect(tracedRows(trace, [{ ids: ids(2) }])).toBeUndefined();
  trace.clear();
  expect(tracedRows(trace, [{ ids: ids(1) }])).toBeUndefined();
  expect(trace.follow(ROOT, 1)).toBe(LOST);
});

it('what follows a lost token is lost', () => {
  const trace = roomy();
  expect(trace.add([LOST], [1])?.nodes).toEqual(ids(LOST));
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
  expect(trace.add([ROOT, ROOT], [1, 2])?.first).toBe(0);
  trace.result('q', 0, 2, 3);
  expect(trace.addSequence([1, 2, 3])?.first).toBe(2);
  expect(trace.add([0], [3])).toBeUndefined();
  trace.clear();
  expect(trace.add([ROOT], [3])?.first).toBe(0);
});
