import { expect, it } from 'vitest';
import { type Mark, thinned } from './marks.js';

const markOf = (count: number): Mark => ({
  count,
  step: count,
  start: 0,
  end: 0,
  hash: '',
  elapsedMs: 0,
});

it('thinned one by one, a long run keeps few marks, and one close before every record', () => {
  let marks: Mark[] = [];
  for (let count = 1; count <= 20_000; count++) marks = thinned([...marks, markOf(count)]);
  expect(marks.length).toBeLessThan(110);
  expect(marks.at(-1)?.count).toBe(20_000);
  const counts = marks.map(({ count }) => count);
  for (const distance of [1, 10, 100, 1000, 10_000]) {
    const record = 20_000 - distance;
    const mark = Math.max(...counts.filter((count) => count <= record));
    expect(record - mark).toBeLessThanOrEqual(distance / 4);
  }
});

it('thinned at once or one by one, the same marks remain', () => {
  let marks: Mark[] = [];
  for (let count = 1; count <= 500; count++) marks = thinned([...marks, markOf(count)]);
  expect(marks).toEqual(thinned(Array.from({ length: 500 }, (_, i) => markOf(i + 1))));
});

it('of no marks none remain', () => {
  expect(thinned([])).toEqual([]);
});
