import { describe, expect, test } from 'vitest';
import { discreteActions, fromGymnasium, type GymnasiumEnv } from './from-gymnasium.js';
import type { Task } from './types.js';

const task: Task = {
  id: 'walk',
  messages: [{ role: 'user', content: 'Walk to 3.' }],
  row: { goal: 3 },
};
const say = (content: string) => ({ role: 'assistant' as const, content });

/** A line to walk on, from the seed to the goal; ten steps at most. */
class Walk implements GymnasiumEnv<number, number> {
  at = 0;
  steps = 0;
  isClosed = false;
  reset({ seed }: { readonly seed: number }) {
    this.at = seed;
    return [this.at, { start: seed }] as const;
  }
  step(action: number) {
    this.at += action === 0 ? -1 : 1;
    return [this.at, -0.1, this.at === 3, ++this.steps === 10, { steps: this.steps }] as const;
  }
  close() {
    this.isClosed = true;
  }
}
const words = {
  describe: (at: number) => `You are at ${at}.`,
  readAction: discreteActions(['left', 'right']),
};
const walking = fromGymnasium(() => new Walk(), words);

async function play(env = walking(task), ...said: readonly string[]) {
  await env.reset({ seed: 1 });
  const steps = [];
  for (const content of said) steps.push(await env.step(say(content)));
  return steps;
}

describe('an episode', () => {
  test('observations are read and actions are taken to the end', async () => {
    const env = walking(task);
    expect(await env.reset({ seed: 1 })).toEqual({
      messages: [{ role: 'user', content: 'Walk to 3.\n\nYou are at 1.' }],
    });
    expect(await env.step(say('right'))).toEqual({
      messages: [{ role: 'user', content: 'You are at 2.' }],
      reward: -0.1,
      terminated: false,
      truncated: false,
      info: { steps: 1, invalidActions: 0 },
    });
    expect(await env.step(say('<answer> Right </answer>'))).toEqual({
      messages: [],
      reward: -0.1,
      terminated: true,
      truncated: false,
      stopReason: 'completed',
      info: { steps: 2, invalidActions: 0 },
    });
  });

  test('the first observation follows a system message', async () => {
    const messages = [{ role: 'system' as const, content: 'Rules.' }];
    const reset = await walking({ ...task, messages }).reset({ seed: 7 });
    expect(reset.messages).toEqual([...messages, { role: 'user', content: 'You are at 7.' }]);
  });

  test('the limits of the environment and of the turns truncate it', async () => {
    const own = await play(walking(task), ...new Array(10).fill('left'));
    expect(own.at(-1)).toMatchObject({ truncated: true, stopReason: 'time_limit' });
    const short = fromGymnasium(() => new Walk(), { ...words, maxTurns: 2 });
    const steps = await play(short(task), 'left', 'left');
    expect(steps.map(({ truncated }) => truncated)).toEqual([false, true]);
    expect(steps.at(-1)).toMatchObject({ terminated: false, stopReason: 'max_turns' });
  });

  test('an environment may answer later and by names, and knows its task', async () => {
    const goals: unknown[] = [];
    const later: GymnasiumEnv<string, string> = {
      reset: async () => ({ observation: 'a' }),
      step: async (action) => ({
        observation: action,
        reward: 1,
        terminated: false,
        truncated: false,
      }),
    };
    const env = fromGymnasium(
      ({ row }) => {
        goals.push(row.goal);
        return later;
      },
      { describe: (text) => text, readAction: (content) => content },
    )(task);
    await env.reset({ seed: 1 });
    expect(await env.step(say('b'))).toMatchObject({ messages: [{ content: 'b' }], reward: 1 });
    await env.close();
    expect(goals).toEqual([3]);
  });

  test('close closes the environment', async () => {
    const walk = new Walk();
    await fromGymnasium(() => walk, words)(task).close();
    expect(walk.isClosed).toBe(true);
  });
});

describe('a message without an action', () => {
  const policy = (onInvalidAction: 'ask' | 'end' | { take: number }) =>
    fromGymnasium(() => new Walk(), { ...words, onInvalidAction, invalidReward: -1 })(task);

  test('is answered, and the world stands still', async () => {
    const [asked, moved] = await play(policy('ask'), 'jump', 'right');
    expect(asked).toMatchObject({
      messages: [{ role: 'user', content: 'That is no action. Nothing has happened. Try again.' }],
      reward: -1,
      info: { invalidActions: 1 },
    });
    expect(moved).toMatchObject({ messages: [{ content: 'You are at 2.' }], reward: -0.1 });
  });

  test('ends the episode', async () => {
    expect(await play(policy('end'), 'jump')).toMatchObject([
      { messages: [], reward: -1, truncated: true, stopReason: 'invalid_action' },
    ]);
  });

  test('stands for another action', async () => {
    expect(await play(policy({ take: 0 }), 'jump')).toMatchObject([
      { messages: [{ content: 'You are at 0.' }], reward: -1.1, info: { invalidActions: 1 } },
    ]);
  });
});

describe('an environment that misbehaves fails the step', () => {
  const odd = (step: () => unknown) =>
    fromGymnasium(() => ({ reset: () => [0] as const, step: step as Walk['step'] }), {
      ...words,
      timeoutMs: 5,
    })(task);

  test.each([
    ['throws', () => Promise.reject(new Error('gone')), 'gone'],
    ['hangs', () => new Promise(() => {}), 'step of the Gymnasium environment: needs to answer'],
    ['pays NaN', () => [0, Number.NaN, false, false], 'needs a finite reward'],
    ['gives four values', () => [0, 1, false], 'needs terminated and truncated'],
    ['gives nothing', () => undefined, 'step'],
  ])('because it %s', async (_, step, message) => {
    await expect(play(odd(step), 'left')).rejects.toThrow(message);
  });
});

describe('discreteActions', () => {
  test.each([
    ['left', 0],
    [' RIGHT\n', 1],
    ['<answer>right</answer>', 1],
    ['left or right', undefined],
    ['', undefined],
    ['<answer>left', undefined],
  ])('%j is %s', (content, action) => {
    expect(words.readAction(content)).toBe(action);
  });
});
