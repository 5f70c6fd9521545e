import type { Episode } from '@grpo/rewards';
import { describe, expect, test } from 'vitest';
import { countdownReward, countdownTasks } from './countdown.js';

const episode = (completion: string, row: Episode['row']): Episode => ({
  messages: [],
  completion,
  row,
  environmentReward: 0,
  end: 'terminated',
});
const row = { numbers: [25, 1, 4], target: 96 };
const reward = (answer: string) => countdownReward().fn(episode(`<answer>${answer}</answer>`, row));

describe('countdownTasks', () => {
  test.each([2, 3, 4, 5, 6])('every problem of %s numbers is solved by its solution', (numbers) => {
    const { tasks } = countdownTasks({ seed: 1, count: 200, numbers });
    const { fn } = countdownReward();
    for (const task of tasks) {
      expect(task.row.numbers).toHaveLength(numbers);
      const solved = fn(episode(`<answer>${task.row.solution}</answer>`, task.row));
      expect(solved, JSON.stringify(task.row)).toBe(1);
      expect(task.row.target).toBeLessThanOrEqual(999);
    }
  });

  test('no problem comes twice, whatever the order of its numbers', () => {
    const { tasks } = countdownTasks({ seed: 1, count: 100, numbers: 2, highest: 10 });
    const problems = tasks.map(({ row }) =>
      [...(row.numbers as number[])]
        .sort((a, b) => a - b)
        .concat(Number(row.target))
        .join(),
    );
    expect(new Set(problems).size).toBe(100);
  });

  test('all four operations occur', () => {
    const { tasks } = countdownTasks({ seed: 1, count: 300, numbers: 3, highest: 12 });
    for (const operator of ['+', '-', '*', '/']) {
      expect(
        tasks.filter(({ row }) => String(row.solution).includes(operator)).length,
      ).toBeGreaterThan(10);
    }
  });

  test('the prompt says it all, and the seed decides', () => {
    const prompt = (seed: number) =>
      countdownTasks({ seed, count: 1 }).tasks[0].messages[0].content;
    expect(prompt(1)).toMatch(
      /^Use each of the numbers \d+, \d+, \d+, \d+ once, with .* make \d+\.$/,
    );
    expect(prompt(1)).toBe(prompt(1));
    expect(prompt(1)).not.toBe(prompt(2));
  });

  test('asking for more problems than there are is refused', () => {
    expect(() => countdownTasks({ seed: 1, count: 50, numbers: 2, highest: 2 })).toThrow(
      /^countdownTasks: needs 50 different problems of 2 numbers up to 2, found \d\./,
    );
  });

  test.each([{ count: 0 }, { numbers: 7 }, { highest: 0 }, { highestTarget: 0.5 }])(
    '%j is refused',
    (option) => {
      expect(() => countdownTasks({ seed: 1, count: 1, ...option })).toThrow(
        `countdownTasks: ${Object.keys(option)[0]} must be`,
      );
    },
  );
});

describe('countdownReward', () => {
  test.each(['(25-1)*4', ' 4 × (25 − 1) ', '(25-1)*4 = 96', '(25 - 1)\n*4=96 '])(
    '%s makes 96 of 25, 1 and 4',
    (answer) => {
      expect(reward(answer)).toBe(1);
    },
  );

  test.each([
    ['another value', '25*4-1'],
    ['a number left out', '24*4'],
    ['a number used twice', '(25-1)*4+1-1'],
    ['a number that is not given', '(25-1)*4+0'],
    ['the target alone', '96'],
    ['another claim', '(25-1)*4 = 97'],
    ['a claim alone', '= 96'],
    ['a chain of claims', '(25-1)*4 = 96 = 96'],
    ['text', 'twenty-five minus one times four'],
    ['code', '(25-1)*4; process.exit()'],
    ['nothing', ''],
  ])('%s is worth 0', (_, answer) => {
    expect(reward(answer)).toBe(0);
  });

  test('only the last answer counts', () => {
    const { fn } = countdownReward();
    const [right, wrong] = ['<answer>(25-1)*4</answer>', '<answer>1</answer>'];
    expect(fn(episode(`${wrong} no, ${right}`, row))).toBe(1);
    expect(fn(episode(`${right} no, ${wrong}`, row))).toBe(0);
    expect(fn(episode('(25-1)*4', row))).toBe(0);
  });

  test('fractions on the way are exact', () => {
    const eights = { numbers: [8, 8, 3, 3], target: 24 };
    expect(countdownReward().fn(episode('<answer>8/(3-8/3)</answer>', eights))).toBe(1);
  });

  test.each([{}, { numbers: [1], target: '1' }, { numbers: '1', target: 1 }])(
    'the row %j is refused',
    (bad) => {
      expect(() => countdownReward().fn(episode('', bad))).toThrow(
        'countdownReward: the row needs numbers (a list) and target (a whole number)',
      );
    },
  );
});
