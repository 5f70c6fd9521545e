import { expect, test } from 'vitest';
import { type ArithmeticOperator, arithmeticTasks } from './arithmetic-tasks.js';
import { splitDataset } from './split-dataset.js';

const OPERATORS: readonly ArithmeticOperator[] = ['+', '-', '*', '/'];

/** The problem whichever way round it stands. */
function canonical(prompt: unknown): string {
  const [left, operator, right] = String(prompt).split(/([-+*/])/);
  return operator === '/' ? String(prompt) : [operator, ...[left, right].sort()].join(' ');
}

test('the first problems of a seed are the same in every version', () => {
  const { tasks } = arithmeticTasks({ seed: 42, count: 3 });
  expect(tasks.map(({ row }) => row)).toEqual([
    { prompt: '46+71', answer: '117', operator: '+', digits: 2, carries: 1 },
    { prompt: '14+33', answer: '47', operator: '+', digits: 2, carries: 0 },
    { prompt: '65+25', answer: '90', operator: '+', digits: 2, carries: 1 },
  ]);
});

test('a task asks its prompt', () => {
  const { name, tasks } = arithmeticTasks({ seed: 42, count: 1 });
  expect(name).toBe('arithmetic');
  expect(tasks[0].id).toBe('arithmetic[0]');
  expect(tasks[0].messages).toEqual([{ role: 'user', content: tasks[0].row.prompt }]);
});

test('every answer is right, and operands have the digits that the row says', () => {
  const { tasks } = arithmeticTasks({
    seed: 3,
    count: 2000,
    operators: OPERATORS,
    digits: [1, 2, 3, 7],
  });
  for (const { row } of tasks) {
    const [left, operator, right] = String(row.prompt).split(/([-+*/])/);
    const [a, b] = [BigInt(left), BigInt(right)];
    const answers = { '+': a + b, '-': a - b, '*': a * b, '/': a / b };
    expect(row.answer).toBe(String(answers[operator as ArithmeticOperator]));
    expect(operator).toBe(row.operator);
    expect(right).toHaveLength(Number(row.digits));
    expect(operator === '/' ? row.answer : left).toHaveLength(Number(row.digits));
    if (operator === '/') expect(a % b).toBe(0n);
    if (operator === '-') expect(a).toBeGreaterThanOrEqual(b);
  }
});

test('all problems of a kind can be asked for, each once, whichever way round', () => {
  // 45 sums, differences and products of digits from 1 to 9, and 81 divisions.
  const { tasks } = arithmeticTasks({ seed: 1, count: 216, operators: OPERATORS, digits: [1] });
  expect(new Set(tasks.map(({ row }) => canonical(row.prompt))).size).toBe(216);
});

test('sums stand either way round', () => {
  const { tasks } = arithmeticTasks({ seed: 1, count: 1000 });
  const operands = tasks.map(({ row }) => String(row.prompt).split('+').map(Number));
  const falling = operands.filter(([a, b]) => a > b).length;
  const rising = operands.filter(([a, b]) => a < b).length;
  expect(Math.abs(falling - rising)).toBeLessThan(4 * Math.sqrt(1000));
});

test('kinds have equal shares, and a small kind leaves its rest to the others', () => {
  const { tasks } = arithmeticTasks({ seed: 1, count: 1001, digits: [1, 2, 3] });
  const shares = [1, 2, 3].map((d) => tasks.filter(({ row }) => row.digits === d).length);
  expect(shares).toEqual([45, 478, 478]);
});

test('repeated operators and digits do not repeat problems', () => {
  const { tasks } = arithmeticTasks({ seed: 1, count: 45, operators: ['+', '+'], digits: [1, 1] });
  expect(new Set(tasks.map(({ row }) => canonical(row.prompt))).size).toBe(45);
});

test('a split shares no problem, whichever way round', () => {
  const all = arithmeticTasks({ seed: 1, count: 2000, operators: ['+', '*'] });
  const { train, heldOut } = splitDataset(all, { heldOut: 512, seed: 1 });
  const trained = new Set(train.tasks.map(({ row }) => canonical(row.prompt)));
  expect(heldOut.tasks).toHaveLength(512);
  expect(heldOut.tasks.filter(({ row }) => trained.has(canonical(row.prompt)))).toEqual([]);
});

test('another seed gives other problems', () => {
  const prompts = (seed: number) =>
    arithmeticTasks({ seed, count: 20 })
      .tasks.map(({ row }) => row.prompt)
      .join();
  expect(prompts(1)).toBe(prompts(1));
  expect(prompts(1)).not.toBe(prompts(2));
});

test('carries and borrows are those of the sum done by hand', () => {
  const { tasks } = arithmeticTasks({ seed: 5, count: 500, operators: ['+', '-'], digits: [3] });
  const seen = new Set<unknown>();
  for (const { row } of tasks) {
    const [left, right] = String(row.prompt)
      .split(/[-+]/)
      .map((text) => [...text].reverse().map(Number));
    let [carry, count] = [0, 0];
    for (let i = 0; i < 3; i++) {
      const digit = row.operator === '+' ? left[i] + right[i] + carry : left[i] - right[i] - carry;
      carry = digit > 9 || digit < 0 ? 1 : 0;
      count += carry;
    }
    expect(row.carries, String(row.prompt)).toBe(count);
    seen.add(row.carries);
  }
  expect([...seen].sort()).toEqual([0, 1, 2, 3]);
});

test.each([0, 4096, 1.5, Number.NaN])('a count of %s two-digit sums is refused', (count) => {
  expect(() => arithmeticTasks({ seed: 1, count })).toThrow(
    `arithmeticTasks: count must be an integer from 1 to 4095, the number of different problems with operators + and digits 2, got ${count}.`,
  );
});

test.each([0, 8, 1.5])('%s digits are refused', (digits) => {
  expect(() => arithmeticTasks({ seed: 1, count: 1, digits: [digits] })).toThrow(
    `got operator + and digits ${digits}`,
  );
});

test('an unknown operator is refused', () => {
  const operators = ['^'] as unknown as readonly ArithmeticOperator[];
  expect(() => arithmeticTasks({ seed: 1, count: 1, operators })).toThrow('got operator ^');
});
