import { describe, expect, test } from 'vitest';
import { customerServiceEnv } from './customer-service.js';
import { customerServiceTasks, type Resolution, type ShopOrder } from './customer-service-tasks.js';
import type { Task } from './types.js';

const { tasks } = customerServiceTasks({ seed: 1, count: 12, difficulty: 3 });
const orderOf = (task: Task) => task.row.order as ShopOrder;
const rightOf = (task: Task) => task.row.resolution as Resolution;
const refundable = tasks.find((task) => rightOf(task).action === 'refund') as Task;
const call = (name: string, args: unknown) =>
  `<tool_call>${JSON.stringify({ name, arguments: args })}</tool_call>`;

/** The calls, one message each, and an answer. What was heard, and the reward. */
async function play(task: Task, ...calls: readonly (readonly [string, unknown])[]) {
  const env = customerServiceEnv()(task);
  await env.reset({ seed: 1 });
  const heard: string[] = [];
  for (const [name, args] of calls) {
    const { messages } = await env.step({ role: 'assistant', content: call(name, args) });
    heard.push(messages[0].content);
  }
  const { reward } = await env.step({ role: 'assistant', content: 'Goodbye.' });
  return { heard, reward };
}

/** The right call about an order, with changes. */
function settling(task: Task, change: object = {}): readonly [string, unknown] {
  const { action, ...rest } = rightOf(task);
  const why = action === 'refund' ? {} : { reason: 'the policy' };
  return [action, { order_id: orderOf(task).id, ...rest, ...why, ...change }];
}

test('the right thing done is worth 1, for each of the tasks', async () => {
  for (const task of tasks) expect((await play(task, settling(task))).reward).toBe(1);
});

test('records and rules can be read', async () => {
  const { id } = orderOf(refundable);
  const { heard } = await play(
    refundable,
    ['look_up_order', { order_id: id }],
    ['check_policy', {}],
  );
  expect(JSON.parse(heard[0])).toEqual(orderOf(refundable));
  expect(heard[1]).toContain('3. Where a refund is due');
});

describe('is worth nothing', () => {
  const { id } = orderOf(refundable);
  const { amount } = rightOf(refundable) as { amount: number };

  test.each([
    ['nothing done', []],
    ['another amount', [settling(refundable, { amount: amount - 1 })]],
    ['a refusal', [['refuse', { order_id: id, reason: '' }]]],
    ['an escalation', [['escalate', { order_id: id, reason: '' }]]],
    ['the right thing, too late', [['refuse', { order_id: id, reason: '' }], settling(refundable)]],
    ['words alone', [['check_policy', {}]]],
  ] as const)('%s', async (_, calls) => {
    const { reward } = await play(
      refundable,
      ...(calls as readonly (readonly [string, unknown])[]),
    );
    expect(reward).toBe(0);
  });
});

describe('what cannot be done is told', () => {
  test.each([
    [['look_up_order', { order_id: 'A1' }], 'Error: there is no order A1.'],
    [settling(refundable, { order_id: 'B7' }), 'Error: there is no order B7.'],
    [settling(refundable, { amount: 1e6 }), 'Error: the refund is higher than the price'],
    [settling(refundable, { amount: -1 }), 'Error: arguments.amount needs a number above 0'],
    [['refuse', {}], 'Error: arguments.order_id is missing'],
  ] as const)('%j', async (first, message) => {
    const { heard, reward } = await play(refundable, first, settling(refundable));
    expect(heard[0]).toContain(message);
    expect(reward).toBe(1); // and changes nothing
  });

  test('an order is settled once', async () => {
    const { heard, reward } = await play(refundable, settling(refundable), settling(refundable));
    expect(heard[1]).toBe(`Error: order ${orderOf(refundable).id} is settled already: refund.`);
    expect(reward).toBe(1);
  });
});

test('a task of another kind is an error that names it', async () => {
  const task = { id: 'sum', messages: refundable.messages, row: {} };
  await expect(customerServiceEnv()(task).reset({ seed: 1 })).rejects.toThrow(
    'customerServiceEnv: needs the columns order, difficulty and resolution, got others in sum.',
  );
});
