/**
 * A shop with tools: the state at the end is judged, not the words. Two clerks play the same customers.
 *
 *   npm run environment -- src/environments/customer-service.ts
 */
import { customerServiceEnv, customerServiceTasks, type ShopOrder } from '@grpo/envs';
import type { Message } from '@grpo/rewards';
import { call, type Player, play } from './play.js';

const { tasks } = customerServiceTasks({ seed: 42, count: 4, difficulty: 1 });
const env = customerServiceEnv({ describedBy: 'template' }); // short to read: no tools in a system message

const orderId = (conversation: readonly Message[]) =>
  /A\d{4}/.exec(conversation.find(({ role }) => role === 'user')?.content ?? '')?.[0] ?? '';

/** Looks at the record first, and knows rule 1. */
const careful: Player = (conversation, turn) => {
  const order_id = orderId(conversation);
  if (turn === 0) return call('look_up_order', { order_id });
  if (turn > 1) return 'It is done. Goodbye.';
  const { daysSinceDelivery, price } = JSON.parse(conversation.at(-1)?.content ?? '') as ShopOrder;
  return daysSinceDelivery <= 30
    ? call('refund', { order_id, amount: price })
    : call('refuse', { order_id, reason: 'more than 30 days since delivery' });
};
/** Pleases everybody. */
const generous: Player = (conversation, turn) =>
  turn === 0 ? call('refund', { order_id: orderId(conversation), amount: 5 }) : 'Here you are!';

for (const [name, player] of Object.entries({ careful, generous })) {
  let sum = 0;
  for (const task of tasks) {
    console.log(`The ${name} clerk, ${task.id}:`);
    sum += (await play(env(task), task, player)).environmentReward;
  }
  console.log(`The ${name} clerk was right with ${sum} of ${tasks.length} customers.`);
}
