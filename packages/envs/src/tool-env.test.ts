import { setTimeout as wait } from 'node:timers/promises';
import type { Message } from '@grpo/rewards';
import { describe, expect, test } from 'vitest';
import { toolEnv } from './tool-env.js';
import type { Env, Task, Tool, ToolCallFormat, ToolWorld } from './types.js';

const task: Task = { id: 'sum', messages: [{ role: 'user', content: '37+48?' }], row: { a: 37 } };
const add: Tool = {
  name: 'add',
  description: 'Adds two numbers.',
  parameters: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
    additionalProperties: false,
  },
  execute: ({ a, b }) => Number(a) + Number(b),
};
const tool = (name: string, execute: Tool['execute']): Tool => ({
  name,
  description: '',
  parameters: {},
  execute,
});
const call = (name: string, args: unknown = {}) =>
  `<tool_call>${JSON.stringify({ name, arguments: args })}</tool_call>`;
const say = (content: string): Message => ({ role: 'assistant', content });
const contents = ({ messages }: { readonly messages: readonly Message[] }) =>
  messages.map(({ content }) => content);

async function started(options: Parameters<typeof toolEnv>[0]): Promise<Env> {
  const env = toolEnv(options)(task);
  await env.reset({ seed: 1 });
  return env;
}

describe('an episode', () => {
  test('calls get results until the model answers without one', async () => {
    const env = await started({ tools: [add] });
    expect(await env.step(say(call('add', { a: 37, b: 48 })))).toEqual({
      messages: [{ role: 'tool', content: '85' }],
      reward: 0,
      terminated: false,
      truncated: false,
      info: { toolCalls: 1, toolErrors: 0 },
    });
    expect(await env.step(say('85.'))).toEqual({
      messages: [],
      reward: 0,
      terminated: true,
      truncated: false,
      stopReason: 'answered',
      info: { toolCalls: 1, toolErrors: 0 },
    });
  });

  test('calls of one message run at the same time, and results keep their order', async () => {
    const finished: number[] = [];
    const slow = tool('slow', async ({ ms }) => {
      await wait(Number(ms));
      finished.push(Number(ms));
      return { ms };
    });
    const env = await started({ tools: [slow] });
    const step = await env.step(say(call('slow', { ms: 40 }) + call('slow', { ms: 1 })));
    expect(contents(step)).toEqual(['{"ms":40}', '{"ms":1}']);
    expect(finished).toEqual([1, 40]);
  });

  test('it is truncated after its turns, with the last calls made', async () => {
    let calls = 0;
    const env = await started({ tools: [tool('count', () => ++calls)], maxTurns: 2 });
    expect(await env.step(say(call('count')))).toMatchObject({ truncated: false });
    const last = await env.step(say(call('count')));
    expect(last).toMatchObject({ terminated: false, truncated: true, stopReason: 'max_turns' });
    expect(contents(last)).toEqual(['2']);
  });

  test('a result is a text as it is, any other value as JSON, and nothing as null', async () => {
    const values = ['a "text"', { a: [1] }, null, undefined, true];
    const tools = values.map((value, i) => tool(`t${i}`, () => value));
    const env = await started({ tools });
    const step = await env.step(say(tools.map(({ name }) => call(name)).join('')));
    expect(contents(step)).toEqual(['a "text"', '{"a":[1]}', 'null', 'null', 'true']);
  });
});

describe('the system message', () => {
  const format: ToolCallFormat = { describe: () => 'Tools: add', parse: () => [] };

  test('is made where there is none', async () => {
    const { messages } = await toolEnv({ tools: [add], format })(task).reset({ seed: 1 });
    expect(messages).toEqual([{ role: 'system', content: 'Tools: add' }, ...task.messages]);
  });

  test('is continued where there is one', async () => {
    const system = { role: 'system' as const, content: 'Be brief.' };
    const spoken = { ...task, messages: [system, ...task.messages] };
    const { messages } = await toolEnv({ tools: [add], format })(spoken).reset({ seed: 1 });
    expect(messages[0]).toEqual({ role: 'system', content: 'Be brief.\n\nTools: add' });
    expect(messages.slice(1)).toEqual(task.messages);
  });

  test('is left alone where the chat template tells of the tools', async () => {
    const env = toolEnv({ tools: [add], describedBy: 'template' })(task);
    const { description, parameters } = add;
    expect(await env.reset({ seed: 1 })).toEqual({
      messages: task.messages,
      tools: [{ type: 'function', function: { name: 'add', description, parameters } }],
    });
  });

  test('is left alone where the format says nothing', async () => {
    const silent = { ...format, describe: () => '' };
    const { messages } = await toolEnv({ tools: [add], format: silent })(task).reset({ seed: 1 });
    expect(messages).toEqual(task.messages);
  });
});

describe('a world', () => {
  test('is made for each episode, judged at its end and closed with it', async () => {
    const log: string[] = [];
    const env = await started({
      tools: ({ row }, { seed }): ToolWorld => {
        let stock = Number(row.a);
        log.push(`made with ${seed}`);
        return {
          tools: [tool('take', () => --stock)],
          reward: async () => -stock,
          close: () => void log.push('closed'),
        };
      },
    });
    expect(await env.step(say(call('take')))).toMatchObject({ reward: 0 });
    expect(await env.step(say('Done.'))).toMatchObject({ reward: -36, terminated: true });
    await env.close();
    await env.close();
    expect(log).toEqual(['made with 1', 'closed']);
  });

  test.each([
    [() => new Promise<number>(() => {}), 'the reward of the world: needs to answer within 10 ms'],
    [() => Number.NaN, 'step: needs a finite reward from the environment, got NaN.'],
  ])('with a reward that hangs or is no number fails the step', async (reward, message) => {
    const env = await started({ tools: () => ({ tools: [], reward }), timeoutMs: 10 });
    await expect(env.step(say('Done.'))).rejects.toThrow(message);
  });

  test('is judged at a truncation too', async () => {
    const world = { tools: [tool('wait', () => '')], reward: () => 7 };
    const env = await started({ tools: () => world, maxTurns: 1 });
    expect(await env.step(say(call('wait')))).toMatchObject({ reward: 7, truncated: true });
  });
});

describe('what goes wrong is told to the model and counted', () => {
  test.each([
    ['an unknown tool', call('sub'), 'Error: there is no tool sub. The tools are: add, bad.'],
    [
      'arguments that do not fit',
      call('add', { a: '37', c: 1 }),
      "Error: arguments.a needs the type number, got '37'; arguments.b is missing; " +
        'arguments.c is not allowed. Write the call again.',
    ],
    [
      'arguments that are no object',
      call('bad', [1]),
      'Error: arguments needs the type object, got [ 1 ]. Write the call again.',
    ],
    [
      'a call that is no JSON',
      '<tool_call>{oops}</tool_call>',
      'Error: a call that is not JSON of the form {"name": "…", "arguments": {…}}. Write the call again.',
    ],
    ['a tool that throws', call('bad'), 'Error: no connection'],
  ])('%s', async (_, content, message) => {
    const bad = tool('bad', () => {
      throw new Error('no connection');
    });
    const env = await started({ tools: [add, bad] });
    const step = await env.step(say(content + call('add', { a: 1, b: 2 })));
    expect(contents(step)).toEqual([message, '3']);
    expect(step.info).toEqual({ toolCalls: 2, toolErrors: 1 });
    expect(step.terminated).toBe(false);
  });

  test.each([
    ['rejects', () => Promise.reject(new Error('429')), 'Error: 429'],
    ['throws no error', () => Promise.reject('gone'), 'Error: gone'],
    ['returns a bigint', () => 1n, 'Error: Do not know how to serialize a BigInt'],
    [
      'hangs',
      () => new Promise(() => {}),
      'Error: tool odd: needs to answer within 20 ms, got nothing. Make it faster or raise the limit.',
    ],
  ])('a tool that %s', async (_, execute, message) => {
    const env = await started({ tools: [tool('odd', execute)], timeoutMs: 20 });
    expect(contents(await env.step(say(call('odd'))))).toEqual([message]);
  });

  test('a huge result and a huge error are cut', async () => {
    const huge = tool('huge', () => 'x'.repeat(1_000_000));
    const fails = tool('fails', () => Promise.reject(new Error('y'.repeat(1_000_000))));
    const env = await started({ tools: [huge, fails], maxResultLength: 10 });
    expect(contents(await env.step(say(call('huge') + call('fails'))))).toEqual([
      'xxxxxxxxxx… (cut, 1000000 characters)',
      'Error: yyy… (cut, 1000007 characters)',
    ]);
  });

  test('calls beyond the limit are not made', async () => {
    let made = 0;
    const env = await started({ tools: [tool('count', () => ++made)], maxCalls: 2 });
    const step = await env.step(say(call('count').repeat(3)));
    expect(contents(step)).toEqual(['1', '2', 'Error: no more than 2 calls are allowed.']);
    expect(contents(await env.step(say(call('count'))))).toEqual([
      'Error: no more than 2 calls are allowed.',
    ]);
    expect(made).toBe(2);
  });

  test('a tool may have a limit of calls and of time of its own', async () => {
    const once = { ...tool('once', () => 'done'), maxCalls: 1 };
    const slow = { ...tool('slow', () => new Promise(() => {})), timeoutMs: 5 };
    const env = await started({ tools: [once, slow], timeoutMs: 60_000 });
    const step = await env.step(say(call('once') + call('once') + call('slow')));
    expect(contents(step)).toEqual([
      'done',
      'Error: no more than 1 calls of once are allowed.',
      'Error: tool slow: needs to answer within 5 ms, got nothing. Make it faster or raise the limit.',
    ]);
    expect(() => toolEnv({ tools: [{ ...once, maxCalls: 0 }] })).toThrow('maxCalls of once must');
    expect(() => toolEnv({ tools: [{ ...slow, timeoutMs: 0 }] })).toThrow('timeoutMs of slow must');
  });

  test.each([
    ['NaN', Number.NaN],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
  ])('a tool that returns %s, which no JSON holds', async (_, value) => {
    const env = await started({ tools: [tool('odd', () => value)] });
    expect(contents(await env.step(say(call('odd'))))).toEqual([
      'Error: tool odd: needs to return a text or a value that JSON can hold.',
    ]);
  });

  test('a long result is not cut through a character', async () => {
    const env = await started({ tools: [tool('cry', () => '🌍🌍🌍')], maxResultLength: 3 });
    expect(contents(await env.step(say(call('cry'))))).toEqual(['🌍… (cut, 6 characters)']);
  });
});

describe('a world that hangs', () => {
  const hang = () => new Promise<never>(() => {});

  test('fails the reset', async () => {
    const env = toolEnv({ tools: hang, timeoutMs: 5 })(task);
    await expect(env.reset({ seed: 1 })).rejects.toThrow(
      'the world of the tools: needs to answer within 5 ms',
    );
  });

  test('when it is closed fails the close alone', async () => {
    const env = await started({ tools: () => ({ tools: [], close: hang }), timeoutMs: 5 });
    expect(await env.step(say('Done.'))).toMatchObject({ terminated: true });
    await expect(env.close()).rejects.toThrow('closing the world: needs to answer within 5 ms');
  });
});

test('an abort ends a step with its reason and tells the tool', async () => {
  const controller = new AbortController();
  const signals: AbortSignal[] = [];
  const hangs = tool('hangs', (_, { signal }) => {
    signals.push(signal);
    return new Promise(() => {});
  });
  const env = await started({ tools: [hangs] });
  const step = env.step(say(call('hangs')), { signal: controller.signal });
  controller.abort(new Error('stopped'));
  await expect(step).rejects.toThrow('stopped');
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});

describe('the toolbox', () => {
  const throws = tool('throws', () => {
    throw new Error('no luck');
  });
  const hangs = { ...tool('hangs', () => new Promise(() => {})), timeoutMs: 5 };
  const once = { ...tool('once', () => 'done'), maxCalls: 1 };

  test('calls the tools of the episode, and says what kind of failure a failed call was', async () => {
    const { toolbox } = await started({ tools: [add, throws, hangs, once] });
    expect(toolbox?.list().map(({ name }) => name)).toEqual(['add', 'throws', 'hangs', 'once']);
    expect(await toolbox?.call('add', { a: 1, b: 2 })).toEqual({ text: '3' });
    expect(await toolbox?.call('once', {})).toEqual({ text: 'done' });
    const kinds = [];
    for (const [name, args] of [
      ['sub', {}],
      ['add', { a: 1 }],
      ['throws', {}],
      ['hangs', {}],
      ['once', {}],
    ] as const) {
      const { text, failure } = (await toolbox?.call(name, args)) ?? {};
      kinds.push(failure);
      expect(text).toMatch(/^Error: /);
    }
    expect(kinds).toEqual([
      'unknown_tool',
      'invalid_arguments',
      'thrown',
      'timeout',
      'too_many_calls',
    ]);
  });

  test('shares state and counts with the steps, and is refused outside the episode', async () => {
    const env = toolEnv({ tools: [add] })(task);
    await expect(env.toolbox?.call('add', { a: 1, b: 2 })).rejects.toThrow('needs a running');
    await env.reset({ seed: 1 });
    await env.toolbox?.call('add', { a: 1 });
    const { info } = await env.step(say('85'));
    expect(info).toEqual({ toolCalls: 1, toolErrors: 1 });
    await expect(env.toolbox?.call('add', { a: 1, b: 2 })).rejects.toThrow('one that is over');
  });
});

describe('options', () => {
  test.each([{ maxTurns: 0 }, { maxCalls: 0.5 }, { maxResultLength: 0 }, { timeoutMs: -1 }])(
    '%j is refused',
    (limit) => {
      expect(() => toolEnv({ tools: [add], ...limit })).toThrow(
        `toolEnv: ${Object.keys(limit)[0]} must`,
      );
    },
  );

  test('two tools of one name, and names that models cannot write, are refused', async () => {
    expect(() => toolEnv({ tools: [add, add] })).toThrow('got add, add. Rename "add".');
    expect(() => toolEnv({ tools: [tool('a b', () => 1)] })).toThrow('Rename "a b".');
    const env = toolEnv({ tools: () => ({ tools: [add, add] }) })(task);
    await expect(env.reset({ seed: 1 })).rejects.toThrow('Rename "add".');
  });

  test('a schema that could not be checked is refused', () => {
    const odd = { ...add, parameters: { properties: { a: { $ref: '#/$defs/a' } } } };
    expect(() => toolEnv({ tools: [odd] })).toThrow(
      'toolEnv: the schema of tool add needs keywords that can be checked, got "$ref: #/$defs/a".',
    );
  });
});
