import { expect, test } from 'vitest';
import { sortingTasks } from './sorting-tasks.js';

test.each([2, 5, 20])('the answer holds the %s numbers of the prompt in order', (length) => {
  const { tasks } = sortingTasks({ seed: 1, count: 100, length });
  for (const { row } of tasks) {
    const asked = String(row.prompt).replace('Sort: ', '').split(' ').map(Number);
    const answered = String(row.answer).split(' ').map(Number);
    expect(asked).toHaveLength(length);
    expect(answered).toEqual([...asked].sort((a, b) => a - b));
    expect(answered).not.toEqual(asked);
    expect(row.length).toBe(length);
  }
});

test('no problem comes twice, whatever the order of its numbers', () => {
  // Pairs of different numbers from 0 to 9: there are 45.
  const { tasks } = sortingTasks({ seed: 1, count: 45, length: 2, highest: 9 });
  expect(new Set(tasks.map(({ row }) => row.answer)).size).toBe(45);
});

test('the seed decides', () => {
  const prompt = (seed: number) => sortingTasks({ seed, count: 1 }).tasks[0].row.prompt;
  expect(prompt(1)).toBe(prompt(1));
  expect(prompt(1)).not.toBe(prompt(2));
});

test('asking for more problems than there are is refused', () => {
  expect(() => sortingTasks({ seed: 1, count: 46, length: 2, highest: 9 })).toThrow(
    'sortingTasks: needs 46 different problems of 2 numbers up to 9, found 45.',
  );
});

test.each([{ count: 0 }, { length: 1 }, { highest: 0.5 }])('%j is refused', (option) => {
  expect(() => sortingTasks({ seed: 1, count: 1, ...option })).toThrow(
    `sortingTasks: ${Object.keys(option)[0]} must be`,
  );
});
