import type { Message } from '@grpo/rewards';
import { describe, expect, it } from 'vitest';
import {
  arithmeticTasks,
  conversationEnv,
  customerServiceEnv,
  customerServiceTasks,
  discreteActions,
  envGroup,
  fromGymnasium,
  guessingGame,
  guessingTasks,
  scriptedUser,
  simulatedUser,
  singleTurn,
  toolEnv,
} from './index.js';
import { type EnvCheckOptions, envChecks } from './testing.js';
import type { Env, EnvFactory, StepResult } from './types.js';

/** Counts to ten in steps of one or two, from where the seed says. */
function counting() {
  let at = 0;
  return {
    reset: ({ seed }: { readonly seed: number }) => {
      at = seed;
      return [at] as const;
    },
    step: (action: number) => {
      at += 1 + action;
      return [at, -1, at >= 10, false] as const;
    },
  };
}

const group = envGroup([
  { name: 'sums', env: singleTurn(), tasks: arithmeticTasks({ seed: 1, count: 4 }) },
  { name: 'guessing', env: guessingGame(), tasks: guessingTasks({ seed: 1, count: 4 }), ratio: 2 },
]);
const lookUp = (conversation: readonly Message[]) => {
  const [id] = /A\d{4}/.exec(conversation.map(({ content }) => content).join()) ?? [];
  const order = { name: 'look_up_order', arguments: { order_id: id } };
  return `<tool_call>${JSON.stringify(order)}</tool_call>`;
};

/** Every environment of the package; a new one is one row. */
const environments: readonly (EnvCheckOptions & {
  readonly name: string;
  readonly env: EnvFactory;
})[] = [
  { name: 'singleTurn', env: singleTurn(), tasks: arithmeticTasks({ seed: 1, count: 2 }).tasks },
  {
    name: 'conversationEnv with a script',
    env: conversationEnv({ user: scriptedUser(['a', 'b']) }),
    tasks: arithmeticTasks({ seed: 1, count: 2 }).tasks,
  },
  {
    name: 'guessingGame',
    env: guessingGame(),
    answer: (_, turn) => ['thirty', '50', '25'][turn % 3],
    tasks: guessingTasks({ seed: 1, count: 3 }).tasks,
  },
  {
    name: 'toolEnv',
    env: toolEnv({
      tools: (_, { seed }) => {
        let count = seed;
        const execute = () => ++count;
        return {
          tools: [{ name: 'count', description: 'Counts.', parameters: {}, execute }],
          reward: () => count,
        };
      },
    }),
    answer: (_, turn) => (turn < 2 ? '<tool_call>{"name":"count"}</tool_call>' : 'Done.'),
    tasks: arithmeticTasks({ seed: 1, count: 2 }).tasks,
  },
  {
    name: 'conversationEnv with a function',
    env: conversationEnv({ user: (_, { random }) => `${random.next()}`, maxTurns: 3 }),
    tasks: [{ id: 'talk', messages: [{ role: 'system', content: 'Be brief.' }], row: {} }],
  },
  {
    name: 'conversationEnv with a chat model',
    env: conversationEnv({
      user: simulatedUser(async (messages, options) => ({
        text: messages.length > 4 ? 'Bye. [DONE]' : `${options?.seed}`,
      })),
    }),
    tasks: [{ id: 'talk', messages: [{ role: 'system', content: 'Be brief.' }], row: {} }],
  },
  {
    name: 'customerServiceEnv',
    env: customerServiceEnv(),
    answer: (conversation, turn) => (turn === 0 ? lookUp(conversation) : 'Sorry, no.'),
    tasks: customerServiceTasks({ seed: 1, count: 2, difficulty: 3 }).tasks,
  },
  {
    name: 'fromGymnasium',
    env: fromGymnasium(counting, {
      describe: (at) => `You are at ${at}.`,
      readAction: discreteActions(['one', 'two']),
    }),
    answer: (_, turn) => ['one', 'three', 'two'][turn % 3],
    tasks: [{ id: 'count', messages: [{ role: 'system', content: 'Count to ten.' }], row: {} }],
  },
  {
    name: 'envGroup',
    env: group.env,
    answer: (_, turn) => `${turn}`,
    tasks: group.tasks.take({ seed: 1, start: 0, count: 3 }),
  },
];

describe.each(environments)('$name', ({ env, ...options }) => {
  it.each(envChecks(env, options).map((check) => [check.name, check.run] as const))(
    '%s',
    (_, run) => run(),
  );
});

describe('the conformance suite', () => {
  const { tasks } = arithmeticTasks({ seed: 1, count: 1 });
  const make = singleTurn();
  const end: StepResult = { messages: [], reward: 0, terminated: true, truncated: false };
  const changed =
    (change: (env: Env) => Partial<Env>): EnvFactory =>
    (task) => {
      const env = make(task);
      return { ...env, ...change(env) };
    };
  const stepping = (step: Partial<StepResult>) =>
    changed(() => ({ step: async () => ({ ...end, ...step }) }));
  let episodes = 0;

  const broken: readonly (readonly [fault: string, check: string, env: EnvFactory])[] = [
    ['an empty start', 'reset gives', changed(() => ({ reset: async () => ({ messages: [] }) }))],
    [
      'a start that the model has said',
      'reset gives',
      changed(() => ({ reset: async () => ({ messages: [{ role: 'assistant', content: '' }] }) })),
    ],
    ['a reward of NaN', 'every step', stepping({ reward: Number.NaN })],
    ['a step that says nothing', 'every step', stepping({ terminated: false })],
    [
      'an episode without an end',
      'every step',
      stepping({ terminated: false, messages: [{ role: 'user', content: 'more' }] }),
    ],
    [
      'a draw outside the seed',
      'the same seed',
      (task) => make({ ...task, messages: [{ role: 'user', content: `${episodes++}` }] }),
    ],
    [
      'a state that episodes share',
      'side by side',
      changed((env) => {
        let mine = 0;
        return {
          reset: (options) => {
            mine = ++episodes;
            return env.reset(options);
          },
          step: async (message) => ({ ...(await env.step(message)), reward: episodes - mine }),
        };
      }),
    ],
    [
      'a task that is written to',
      'left as it was',
      (task) => {
        (task.row as Record<string, unknown>).answer += '!';
        return make(task);
      },
    ],
    ['a step at any time', 'step is refused', stepping({})],
    [
      'a second close that fails',
      'close may come',
      changed((env) => {
        let open = true;
        return {
          close: async () => {
            if (!open) throw new Error('closed twice');
            open = false;
            await env.close();
          },
        };
      }),
    ],
    [
      'a deaf reset',
      'an aborted signal',
      changed((env) => ({ reset: ({ seed }) => env.reset({ seed }) })),
    ],
    ['a deaf step', 'an aborted signal', changed((env) => ({ step: (m) => env.step(m) }))],
  ];

  it.each(broken)('notices %s', async (_, name, env) => {
    const options = { tasks: structuredClone(tasks) };
    const check = envChecks(env, options).find((one) => one.name.includes(name));
    expect(check).toBeDefined();
    await expect(check?.run()).rejects.toThrow();
  });

  it('refuses to check without tasks', async () => {
    for (const { run } of envChecks(make, { tasks: [] })) {
      await expect(run()).rejects.toThrow('the list of tasks, empty, is not as it has to be');
    }
  });
});
