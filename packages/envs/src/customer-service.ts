import { type ShopDifficulty, type ShopOrder, shopPolicy } from './customer-service-tasks.js';
import { type ToolEnvOptions, toolEnv } from './tool-env.js';
import type { EnvFactory, JsonSchema, Row, Task, Tool, ToolWorld } from './types.js';

/** What has been done in one episode, in order. */
interface Done {
  readonly orderId: string;
  readonly action: string;
  readonly amount?: number;
}

/**
 * A small shop: the model looks up an order, checks the policy, and refunds, refuses or escalates.
 *
 * The state at the end is judged, not the words: 1 if exactly the right thing was done about exactly
 * the customer's order, else 0. What is done cannot be undone, and an order is settled once.
 *
 * @param options format, limits and turns of `toolEnv`
 * @returns environments for the tasks of `customerServiceTasks`
 * @example
 * customerServiceEnv({ maxTurns: 6 })(customerServiceTasks({ seed: 42, count: 1 }).tasks[0]);
 */
export function customerServiceEnv(options: Omit<ToolEnvOptions, 'tools'> = {}): EnvFactory {
  return toolEnv({ ...options, tools: shopOf });
}

const ORDER_ID = { type: 'string', description: 'Such as A1234.' };

function shopOf({ id, row }: Task): ToolWorld {
  const { order, difficulty, resolution } = row as {
    order?: ShopOrder;
    difficulty?: ShopDifficulty;
    resolution?: { readonly action: string; readonly amount?: number };
  };
  if (order?.id === undefined || difficulty === undefined || resolution === undefined) {
    throw new Error(
      `customerServiceEnv: needs the columns order, difficulty and resolution, got others in ${id}. ` +
        'Make the tasks with customerServiceTasks.',
    );
  }
  const done: Done[] = [];

  function found(orderId: unknown): ShopOrder {
    if (order !== undefined && orderId === order.id) return order;
    throw new Error(`there is no order ${String(orderId).slice(0, 40)}.`);
  }

  function settle(action: string, { order_id, amount }: Row): string {
    const { id: orderId, price } = found(order_id);
    if (done.length > 0) throw new Error(`order ${orderId} is settled already: ${done[0].action}.`);
    if (typeof amount === 'number' && amount > price) {
      throw new Error(`the refund is higher than the price, $${price}.`);
    }
    done.push({ orderId, action, ...(typeof amount === 'number' && { amount }) });
    return `Done: ${action} of order ${orderId}.`;
  }

  const settling = (
    name: string,
    description: string,
    more: Readonly<Record<string, JsonSchema>>,
  ) => tool(name, description, { order_id: ORDER_ID, ...more }, (args) => settle(name, args));
  const reason = { reason: { type: 'string' } };
  return {
    tools: [
      tool('look_up_order', 'The record of an order.', { order_id: ORDER_ID }, ({ order_id }) =>
        found(order_id),
      ),
      tool('check_policy', 'The rules of the shop.', {}, () => shopPolicy(difficulty)),
      settling('refund', 'Pays money back. It cannot be undone.', {
        amount: { type: 'number', exclusiveMinimum: 0, description: 'In dollars.' },
      }),
      settling('refuse', 'Refuses to pay money back. It cannot be undone.', reason),
      settling('escalate', 'Leaves the order to a manager. It cannot be undone.', reason),
    ],
    reward: () => {
      const [{ action, amount } = { action: 'nothing' }] = done;
      return action === resolution.action && amount === resolution.amount ? 1 : 0;
    },
  };
}

function tool(
  name: string,
  description: string,
  properties: Readonly<Record<string, JsonSchema>>,
  execute: Tool['execute'],
): Tool {
  const required = Object.keys(properties);
  const parameters = { type: 'object', properties, required, additionalProperties: false };
  return { name, description, parameters, execute };
}
