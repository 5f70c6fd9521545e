import { describe, expect, it } from 'vitest';
import {
  arithmeticTasks,
  conversationEnv,
  guessingGame,
  guessingTasks,
  scriptedUser,
  singleTurn,
  toolEnv,
} from './index.js';
import { type EnvCheckOptions, envChecks } from './testing.js';
import type { Env, EnvFactory, StepResult } from './types.js';

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
