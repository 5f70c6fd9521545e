import { describe, expect, test } from 'vitest';
import { arithmeticTasks } from './arithmetic-tasks.js';
import { curriculum, levelsBy } from './curriculum.js';
import type { Task, TaskSource } from './types.js';

const levels = [1, 2, 3].map((digits) => arithmeticTasks({ seed: 1, count: 20, digits: [digits] }));
const task = levels[0].tasks[0];
const outcomes = (right: number, wrong: number) => [
  ...new Array(right).fill({ task, reward: 1 }),
  ...new Array(wrong).fill({ task, reward: 0 }),
];
const digitsOf = (tasks: readonly Task[]) => new Set(tasks.map(({ row }) => row.digits));
const take = (source: TaskSource) => digitsOf(source.take({ seed: 1, start: 0, count: 8 }));

describe('curriculum', () => {
  test('success leads up, failure down, and what lies between leads nowhere', () => {
    const source = curriculum(levels, { window: 10 });
    const levelAfter = (right: number, wrong: number) =>
      source.update?.(outcomes(right, wrong))['curriculum/level'];
    expect(take(source)).toEqual(new Set([1]));
    expect(levelAfter(8, 2)).toBe(1);
    expect(take(source)).toEqual(new Set([2]));
    expect(levelAfter(5, 5)).toBe(1);
    expect(levelAfter(9, 1)).toBe(2);
    expect(levelAfter(10, 0)).toBe(2); // there is no level above
    expect(levelAfter(2, 8)).toBe(1);
    expect(levelAfter(0, 10)).toBe(0);
    expect(levelAfter(0, 10)).toBe(0); // nor one below
  });

  test('it decides once the window is full, over all that was seen since the last decision', () => {
    const source = curriculum(levels, { window: 10 });
    expect(source.update?.(outcomes(4, 0))).toEqual({
      'curriculum/level': 0,
      'curriculum/success_rate': 1,
    });
    expect(source.update?.(outcomes(0, 4))['curriculum/level']).toBe(0);
    expect(source.update?.(outcomes(4, 0))['curriculum/level']).toBe(0); // 8 of 12
    expect(source.update?.(outcomes(9, 0))['curriculum/level']).toBe(0); // only 9 since then
    expect(source.update?.(outcomes(1, 0))['curriculum/level']).toBe(1);
  });

  test('a step in which every episode failed moves nothing and has no rate', () => {
    const source = curriculum(levels, { window: 10 });
    expect(source.update?.([])).toEqual({ 'curriculum/level': 0 });
  });

  test('a resumed run takes what a run without a break would have taken', () => {
    const whole = curriculum(levels, { window: 10 });
    const steps = [outcomes(9, 0), outcomes(9, 0), outcomes(0, 7), outcomes(1, 8), outcomes(9, 9)];
    const trace = (source: TaskSource, from: number) =>
      steps.slice(from).map((step, i) => {
        const taken = source.take({ seed: 1, start: (from + i) * 4, count: 4 });
        source.update?.(step);
        return taken;
      });
    const straight = trace(whole, 0);
    const broken = curriculum(levels, { window: 10 });
    for (const step of steps.slice(0, 3)) broken.update?.(step);
    const resumed = curriculum(levels, { window: 10 });
    resumed.memory?.load(JSON.parse(JSON.stringify(broken.memory?.save())));
    expect(trace(resumed, 3)).toEqual(straight.slice(3));
    expect(resumed.memory?.save()).toEqual(whole.memory?.save());
  });

  test('what counts as a success, and where to start, can be set', () => {
    const source = curriculum(levels, { start: 2, window: 1, success: 0.5, lower: 0 });
    expect(take(source)).toEqual(new Set([3]));
    expect(source.update?.([{ task, reward: 0.5 }])['curriculum/success_rate']).toBe(1);
    expect(source.update?.([{ task, reward: 0.4 }])['curriculum/level']).toBe(1);
  });

  test.each([
    { start: 3 },
    { start: -1 },
    { window: 0 },
    { lower: 0.9 },
    { raise: 1.1 },
    { success: Number.NaN },
  ])('%j is refused', (options) => {
    expect(() => curriculum(levels, options)).toThrow(/^curriculum: /);
  });

  test('no levels, and the memory of other levels, are refused', () => {
    expect(() => curriculum([])).toThrow('curriculum: needs a level from 0 to -1');
    const source = curriculum(levels.slice(0, 1));
    expect(() => source.memory?.load({ level: 2, seen: 0, successes: 0 })).toThrow(
      'curriculum: needs a level from 0 to 0, got 2.',
    );
  });
});

describe('levelsBy', () => {
  test('the levels stand in order of the column and hold every task once', () => {
    const mixed = arithmeticTasks({ seed: 1, count: 90, digits: [3, 1, 2] });
    const parted = levelsBy(mixed, 'digits');
    expect(parted.map(({ tasks }) => digitsOf(tasks))).toEqual([1, 2, 3].map((d) => new Set([d])));
    expect(new Set(parted.flatMap(({ tasks }) => tasks))).toEqual(new Set(mixed.tasks));
  });

  test('a column without a number is refused with the task', () => {
    expect(() => levelsBy(levels[0], 'difficulty')).toThrow(
      `levelsBy: needs a number in the column "difficulty" of ${task.id}, got undefined.`,
    );
  });
});
