import { describe, expect, test } from 'vitest';
import { orderly } from './orderly.js';
import type { Env, StepResult } from './types.js';

const going: StepResult = {
  messages: [{ role: 'user', content: 'more' }],
  reward: 0,
  terminated: false,
  truncated: false,
};
const message = { role: 'assistant' as const, content: 'Hello' };

function env(step: StepResult = going): { readonly env: Env; readonly calls: string[] } {
  const calls: string[] = [];
  const log = <Value>(name: string, value: Value) => {
    calls.push(name);
    return Promise.resolve(value);
  };
  const inner: Env = {
    reset: () => log('reset', { messages: going.messages }),
    step: () => log('step', step),
    close: () => log('close', undefined),
  };
  return { env: orderly(inner), calls };
}

test('calls in order reach the environment', async () => {
  const { env: it, calls } = env();
  expect(await it.reset({ seed: 1 })).toEqual({ messages: going.messages });
  expect(await it.step(message)).toBe(going);
  await it.close();
  expect(calls).toEqual(['reset', 'step', 'close']);
});

describe('out of order', () => {
  test('a step before reset is refused', async () => {
    await expect(env().env.step(message)).rejects.toThrow(
      'step: needs a running episode, got one that is new. Call reset first',
    );
  });

  test.each([{ terminated: true }, { truncated: true }])(
    'a step after %j is refused',
    async (end) => {
      const { env: it, calls } = env({ ...going, ...end });
      await it.reset({ seed: 1 });
      await it.step(message);
      await expect(it.step(message)).rejects.toThrow('got one that is over');
      expect(calls).toEqual(['reset', 'step']);
    },
  );

  test('a second reset is refused', async () => {
    const { env: it } = env();
    await it.reset({ seed: 1 });
    await expect(it.reset({ seed: 1 })).rejects.toThrow(
      'reset: needs a new environment, got one that is running. Make one for each episode.',
    );
  });

  test('nothing but close works after close, which reaches the environment once', async () => {
    const { env: it, calls } = env();
    await it.close();
    await it.close();
    await expect(it.reset({ seed: 1 })).rejects.toThrow('closed');
    await expect(it.step(message)).rejects.toThrow('closed');
    expect(calls).toEqual(['close']);
  });
});

test('an aborted signal stops a call before it reaches the environment', async () => {
  const signal = AbortSignal.abort(new Error('stopped'));
  const { env: it, calls } = env();
  await expect(it.reset({ seed: 1, signal })).rejects.toThrow('stopped');
  await it.reset({ seed: 1 });
  await expect(it.step(message, { signal })).rejects.toThrow('stopped');
  expect(calls).toEqual(['reset']);
});

test.each([Number.NaN, Number.NEGATIVE_INFINITY, undefined as unknown as number])(
  'a reward of %s is an error',
  async (reward) => {
    const { env: it } = env({ ...going, reward });
    await it.reset({ seed: 1 });
    await expect(it.step(message)).rejects.toThrow(
      `step: needs a finite reward from the environment, got ${reward}. Give 0 where`,
    );
  },
);

test.each([
  [
    { messages: 'more' as never },
    "list of messages { role, content } from the environment, got 'more'.",
  ],
  [{ messages: [{ role: 'user' }] as never }, "got [ { role: 'user' } ]."],
  [{ messages: [{ role: 'robot', content: '' }] as never }, "role: 'robot'"],
  [{ terminated: 1 as never }, 'terminated and truncated as true or false, got 1 and false.'],
  [{ stopReason: 'max_turns' as const }, "where the episode ended, got 'max_turns'."],
  [{ truncated: true, stopReason: 'bored' as never }, "where the episode ended, got 'bored'."],
])('a step with %j is an error', async (odd, message_) => {
  const { env: it } = env({ ...going, ...odd });
  await it.reset({ seed: 1 });
  await expect(it.step(message)).rejects.toThrow(message_);
});

test('a step or a reset that returns nothing is an error', async () => {
  const nothing = async () => undefined as never;
  const close = async () => {};
  const reset = async () => ({ messages: [] });
  await expect(
    orderly({ reset: nothing, step: nothing, close }).reset({ seed: 1 }),
  ).rejects.toThrow('reset: needs a list of messages');
  const it = orderly({ reset, step: nothing, close });
  await it.reset({ seed: 1 });
  await expect(it.step(message)).rejects.toThrow('got undefined. Return an empty list');
});
