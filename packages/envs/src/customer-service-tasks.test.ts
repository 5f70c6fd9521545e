import { describe, expect, test } from 'vitest';
import {
  customerServiceTasks,
  rightResolution,
  type ShopOrder,
  shopPolicy,
} from './customer-service-tasks.js';

const order: ShopOrder = {
  id: 'A1000',
  item: 'lamp',
  price: 100,
  daysSinceDelivery: 30,
  isFinalSale: false,
  isDamaged: false,
  isOpened: false,
};

describe('the rules', () => {
  const late = { daysSinceDelivery: 31 };
  const refund = (amount: number) => ({ action: 'refund', amount });
  const refuse = { action: 'refuse' };

  test.each([
    [1, {}, refund(100)],
    [1, late, refuse],
    [1, { isFinalSale: true, isOpened: true }, refund(100)],
    [1, { ...late, isDamaged: true }, refuse],
    [2, { isFinalSale: true }, refuse],
    [2, { isFinalSale: true, isDamaged: true }, refund(100)],
    [2, { isDamaged: true, daysSinceDelivery: 90 }, refund(100)],
    [2, { isDamaged: true, daysSinceDelivery: 91 }, refuse],
    [2, { price: 900, isOpened: true }, refund(900)],
    [3, { isOpened: true }, refund(80)],
    [3, { isOpened: true, isDamaged: true }, refund(100)],
    [3, { price: 500 }, { action: 'escalate' }],
    [3, { price: 600, isOpened: true }, refund(480)],
    [3, { price: 500, ...late }, refuse],
  ] as const)(
    'at difficulty %i, an order with %j leads to %j',
    (difficulty, change, resolution) => {
      expect(rightResolution({ ...order, ...change }, difficulty)).toEqual(resolution);
    },
  );

  test('are told as far as they hold', () => {
    expect([1, 2, 3].map((d) => shopPolicy(d as 1).split('\n').length)).toEqual([1, 2, 3]);
  });
});

describe('tasks', () => {
  test.each([
    [1, 2],
    [2, 2],
    [3, 3],
  ] as const)('at difficulty %i, each of %i actions is right equally often', (difficulty, n) => {
    const { tasks } = customerServiceTasks({ seed: 1, count: 60, difficulty });
    const shares = new Map<string, number>();
    for (const { row } of tasks) {
      const right = rightResolution(row.order as ShopOrder, difficulty);
      expect(row.resolution).toEqual(right);
      shares.set(right.action, (shares.get(right.action) ?? 0) + 1);
    }
    expect([...shares.values()]).toEqual(new Array(n).fill(60 / n));
  });

  test('no order comes twice, and the customer names it', () => {
    const { tasks } = customerServiceTasks({ seed: 1, count: 500, difficulty: 2 });
    const ids = tasks.map(({ row }) => (row.order as ShopOrder).id);
    expect(new Set(ids).size).toBe(500);
    for (const [i, { messages }] of tasks.entries()) expect(messages[0].content).toContain(ids[i]);
  });

  test('what the customer claims is not what the record says', () => {
    const { tasks } = customerServiceTasks({ seed: 1, count: 200, difficulty: 2 });
    const kinds = new Set(
      tasks.map(
        ({ row }) =>
          `${String(row.prompt).includes('broken')} ${(row.order as ShopOrder).isDamaged}`,
      ),
    );
    expect(kinds.size).toBe(4);
  });

  test('the seed decides', () => {
    const rows = (seed: number) => customerServiceTasks({ seed, count: 5 }).tasks;
    expect(rows(1)).toEqual(rows(1));
    expect(rows(1)).not.toEqual(rows(2));
  });

  test.each([{ count: 0 }, { count: 9001 }, { difficulty: 4 as 3 }])('%j is refused', (option) => {
    expect(() => customerServiceTasks({ seed: 1, count: 1, ...option })).toThrow(
      /^customerServiceTasks: /,
    );
  });
});
