/**
 * A clerk with three tools: whoever wants money back gets it up to 30 days after the delivery. The days stand in the
 * shop's records, and what counts is the state that the clerk leaves behind.
 */
import { type Dataset, datasetFromRows, type EnvFactory, type Tool, toolEnv } from '@grpo/envs';
import { keyedRandom } from '@grpo/random';
import type { Message } from '@grpo/rewards';
import { environmentReward } from '@grpo/trainer';
import type { WordTask } from './word-task.js';

const ORDERS = ['A', 'B', 'C', 'D'];
const DAYS = ['5 days', '15 days', '25 days', '35 days', '45 days', '55 days'];
const DAYS_IN_TIME = 3; // the first of them
const ACTIONS = ['refund', 'refuse'];
const ASKS = 'I want my money back for order ';
const BYE = 'Goodbye.';

/** Rows: `order`, the one that is asked for, `days` of all orders, and the right `action`. */
function customers(seed: number, count: number, name: string): Dataset {
  const random = keyedRandom(seed, name);
  const rows = Array.from({ length: count }, (_, i) => {
    const isInTime = i % 2 === 0; // always the same is right half the time
    const late = DAYS.length - DAYS_IN_TIME;
    const order = ORDERS[random.integer(ORDERS.length)];
    const days = Object.fromEntries(ORDERS.map((one) => [one, DAYS[random.integer(DAYS.length)]]));
    const place = isInTime ? random.integer(DAYS_IN_TIME) : DAYS_IN_TIME + random.integer(late);
    days[order] = DAYS[place];
    return { prompt: ASKS + order, order, days, action: ACTIONS[isInTime ? 0 : 1] };
  });
  return datasetFromRows(rows, { name });
}

const parameters = {
  type: 'object',
  properties: { order: { type: 'string', enum: ORDERS } },
  required: ['order'],
};

/** The tools of one episode, and what they do to its orders. */
const shop: EnvFactory = toolEnv({
  tools: ({ row }) => {
    const done: string[] = [];
    const act = (action: string): Tool => ({
      name: action,
      description: `${action} an order`,
      parameters,
      execute: ({ order }) => {
        done.push(`${action} ${order}`);
        return 'done';
      },
    });
    const lookUp: Tool = {
      name: 'look_up',
      description: 'says how long ago an order was delivered',
      parameters,
      execute: ({ order }) => (row.days as Record<string, string>)[String(order)],
    };
    return {
      tools: [lookUp, ...ACTIONS.map(act)],
      reward: () => (done.join() === `${row.action} ${row.order}` ? 1 : 0), // that, and nothing else
    };
  },
  format: {
    describe: () => '', // the demonstrations tell the model
    parse: (content) => {
      const [, name, order] = /^(look_up|refund|refuse) ([A-D])$/.exec(content) ?? [];
      return name === undefined ? [] : [{ name, args: { order } }]; // else it is an answer
    },
  },
  maxTurns: 3,
});

/**
 * Clerks who look an order up, refund or refuse one, and say goodbye. Half the time they take the order that was asked
 * for, else any, and what they do does not depend on what they read: they show how tools are called, no more.
 */
async function demonstrations(seed: number): Promise<readonly (readonly Message[])[]> {
  const told: (readonly Message[])[] = [];
  for (const [i, task] of customers(seed, 256, 'demonstrations').tasks.entries()) {
    const random = keyedRandom(seed, 'demonstration', i);
    const any = (list: readonly string[]) => list[random.integer(list.length)];
    const order = () => (random.integer(2) === 0 ? String(task.row.order) : any(ORDERS));
    const env = shop(task);
    const { messages } = await env.reset({ seed });
    const conversation: Message[] = [...messages];
    for (const content of [`look_up ${order()}`, `${any(ACTIONS)} ${order()}`, BYE]) {
      const said: Message = { role: 'assistant', content };
      conversation.push(said, ...(await env.step(said)).messages);
    }
    await env.close();
    told.push(conversation);
  }
  return told;
}

export const clerkTask: WordTask = {
  words: [
    ASKS,
    ...['look_up', ...ACTIONS].map((name) => `${name} `),
    ...DAYS,
    'done',
    BYE,
    ...ORDERS,
  ],
  env: shop,
  training: (seed) => customers(seed, 512, 'customers'),
  tested: (seed) => customers(seed, 224, 'other customers'),
  rewards: [environmentReward()],
  demonstrations,
  config: {
    maxTurns: 3,
    maxCompletionLength: 3, // a tool, an order and the end
    promptsPerStep: 8,
    numGenerations: 16,
    learningRate: 2e-3,
  },
  beta: 0.06,
};
