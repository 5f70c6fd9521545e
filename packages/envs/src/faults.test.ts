import type { ChatModel, Message } from '@grpo/rewards';
import { describe, expect, test } from 'vitest';
import {
  conversationEnv,
  type EnvFactory,
  orderly,
  simulatedUser,
  type Task,
  toolEnv,
} from './index.js';

/** What a part that somebody else wrote may do instead of what it should. */
const faults: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('broken');
  },
  rejects: () => Promise.reject(new Error('broken')),
  hangs: () => new Promise(() => {}),
  'gives NaN': () => Number.NaN,
  'gives nothing': () => undefined,
  'gives a symbol': () => Symbol('a'),
  'gives a huge text': () => 'x'.repeat(5_000_000),
  'gives itself in itself': () => {
    const loop: Record<string, unknown> = {};
    loop.loop = loop;
    return loop;
  },
};
const rows = Object.entries(faults).map(([name, fault]) => ({ name, fault }));
const timeoutMs = 20;
const task: Task = { id: 'a', messages: [{ role: 'user', content: 'Hi' }], row: {} };
const say = (content: string): Message => ({ role: 'assistant', content });

/** One episode of two messages: how it ended, or the reason of its failure. */
async function outcome(env: EnvFactory, first = '<tool_call>{"name":"odd"}</tool_call>') {
  const episode = env(task);
  try {
    await episode.reset({ seed: 1 });
    const step = await episode.step(say(first));
    const heard = step.messages.map(({ content }) => content).join();
    if (step.terminated || step.truncated) return { heard };
    await episode.step(say('Bye.'));
    return { heard };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  } finally {
    await episode.close().catch(() => {});
  }
}

describe('a tool that', () => {
  const withTool = (execute: () => unknown): EnvFactory =>
    toolEnv({
      tools: [{ name: 'odd', description: '', parameters: {}, execute }],
      timeoutMs,
      maxResultLength: 100,
    });

  test.each(rows)(
    '$name is told to the model in few words, and the episode goes on',
    async (row) => {
      const { heard = '', failure } = await outcome(withTool(row.fault));
      expect(failure).toBeUndefined();
      expect(heard.length).toBeLessThan(200);
      expect(heard).toMatch(
        row.name === 'gives nothing'
          ? /^null$/
          : row.name === 'gives a huge text'
            ? /^x+… \(cut, 5000000 characters\)$/
            : /^Error: /,
      );
    },
  );
});

describe('a world whose', () => {
  const part = (name: 'reward' | 'close', fault: () => unknown): EnvFactory =>
    toolEnv({ tools: () => ({ tools: [], [name]: fault }), timeoutMs });

  // No reward at all is allowed; so is a world that gives nothing for it.
  test.each(rows.filter(({ name }) => name !== 'gives nothing'))(
    'reward $name fails its episode with a reason',
    async ({ fault }) => {
      const { failure = '' } = await outcome(part('reward', fault), 'Bye.');
      expect(failure).toMatch(/broken|within 20 ms|finite reward/);
      expect(failure.length).toBeLessThan(300);
    },
  );

  test.each(rows)('close $name keeps the episode as it ended', async ({ fault }) => {
    expect(await outcome(part('close', fault), 'Bye.')).toEqual({ heard: '' });
  });
});

describe('a user that', () => {
  test.each(rows)('$name fails its episode with a reason', async ({ fault }) => {
    const { failure = '' } = await outcome(
      conversationEnv({ user: fault as () => string, timeoutMs }),
    );
    expect(failure).toMatch(/broken|within 20 ms|the user simulator: needs to return a text/);
    expect(failure.length).toBeLessThan(300);
  });

  test.each(rows)(
    'is a chat model and $name fails its episode with a reason',
    async ({ fault }) => {
      const user = simulatedUser(fault as ChatModel, {
        retries: 1,
        retryDelayMs: 0.01,
        timeoutMs: 5,
      });
      const { failure = '' } = await outcome(conversationEnv({ user, timeoutMs: 5000 }));
      expect(failure).toMatch(/^simulatedUser: needs an answer of the chat model, got 2 failures/);
      expect(failure.length).toBeLessThan(700);
    },
  );
});

describe('an environment whose', () => {
  test.each(rows.filter(({ name }) => name !== 'hangs'))(
    'step $name fails its episode with a reason',
    async ({ fault }) => {
      const env: EnvFactory = () =>
        orderly({
          reset: async () => ({ messages: task.messages }),
          step: async () => fault() as never,
          close: async () => {},
        });
      const { failure = '' } = await outcome(env);
      expect(failure).toMatch(/broken|step: needs a list of messages/);
      expect(failure.length).toBeLessThan(300);
    },
  );
});

test('one episode that fails leaves those beside it alone', async () => {
  const user = (_: unknown, { task: { row } }: { readonly task: Task }) =>
    row.isBad === true ? (faults.throws() as string) : 'More.';
  const make = conversationEnv({ user, maxTurns: 3 });
  const play = async (isBad: boolean) => {
    const env = make({ ...task, row: { isBad } });
    await env.reset({ seed: 1 });
    const steps = [];
    for (let turn = 0; turn < 3; turn++) steps.push(await env.step(say('Well?')));
    return steps.at(-1)?.stopReason;
  };
  const ended = await Promise.allSettled([play(false), play(true), play(false)]);
  expect(ended.map((one) => (one.status === 'fulfilled' ? one.value : 'failed'))).toEqual([
    'max_turns',
    'failed',
    'max_turns',
  ]);
});
