import type { Message } from '@grpo/rewards';
import { describe, expect, test } from 'vitest';
import { conversationEnv } from './conversation-env.js';
import { scriptedUser } from './scripted-user.js';
import type { Task, UserSimulator } from './types.js';

const say = (content: string): Message => ({ role: 'assistant', content });
const task: Task = {
  id: 'talk',
  messages: [
    { role: 'system', content: 'You sell tea.' },
    { role: 'user', content: 'One tea.' },
  ],
  row: { persona: 'in a hurry' },
};
const untyped = (fn: () => unknown) => fn as UserSimulator;

test('model and user take turns until the user is done', async () => {
  const env = conversationEnv({ user: scriptedUser(['And milk?', 'Bye.']) })(task);
  expect(await env.reset({ seed: 1 })).toEqual({ messages: task.messages });
  const going = { reward: 0, terminated: false, truncated: false };
  const user = (content: string) => [{ role: 'user', content }];
  expect(await env.step(say('Here.'))).toEqual({ ...going, messages: user('And milk?') });
  expect(await env.step(say('Here.'))).toEqual({ ...going, messages: user('Bye.') });
  expect(await env.step(say('Bye.'))).toEqual({
    ...going,
    messages: [],
    terminated: true,
    stopReason: 'user_done',
  });
});

test('the user speaks first after a system message alone', async () => {
  const messages = task.messages.slice(0, 1);
  const env = conversationEnv({ user: scriptedUser(['One tea.']) })({ ...task, messages });
  expect(await env.reset({ seed: 1 })).toEqual({ messages: task.messages });
  expect(await env.step(say('Here.'))).toMatchObject({ terminated: true });
});

test('the episode is truncated after its turns, and the user answers the last one', async () => {
  const user: UserSimulator = (_, { turn }) => ({ content: 'More.', reward: turn });
  const env = conversationEnv({ user, maxTurns: 2 })(task);
  await env.reset({ seed: 1 });
  expect(await env.step(say('a'))).toMatchObject({ reward: 1, truncated: false });
  const messages = [{ role: 'user', content: 'More.' }];
  expect(await env.step(say('b'))).toEqual({
    messages,
    reward: 2,
    terminated: false,
    truncated: true,
    stopReason: 'max_turns',
  });
});

test('a user that is done in the last turn terminates the episode', async () => {
  const user: UserSimulator = () => ({ content: 'Bye.', reward: 1, isDone: true });
  const env = conversationEnv({ user, maxTurns: 1 })(task);
  await env.reset({ seed: 1 });
  expect(await env.step(say('a'))).toEqual({
    messages: [{ role: 'user', content: 'Bye.' }],
    reward: 1,
    terminated: true,
    truncated: false,
    stopReason: 'user_done',
  });
});

test('the simulator sees the conversation, the row, and draws that belong to seed and turn', async () => {
  const user: UserSimulator = (conversation, { task: { row }, random }) => {
    (conversation as Message[]).push(say('not kept'));
    return `${row.persona} ${conversation.length} ${random.integer(1000)}`;
  };
  const play = async (seed: number) => {
    const env = conversationEnv({ user })(task);
    await env.reset({ seed });
    const said = [];
    for (const turn of ['a', 'b']) said.push((await env.step(say(turn))).messages[0].content);
    return said;
  };
  const first = await play(1);
  expect(first.map((text) => text.replace(/\d+$/, ''))).toEqual(['in a hurry 4 ', 'in a hurry 6 ']);
  expect(await play(1)).toEqual(first);
  expect(await play(2)).not.toEqual(first);
});

test.each([null, { isDone: true }])('a user that opens with %j is refused', async (said) => {
  const env = conversationEnv({ user: () => said })({
    ...task,
    messages: task.messages.slice(0, 1),
  });
  await expect(env.reset({ seed: 1 })).rejects.toThrow(
    'the user simulator: needs to open the conversation of talk, got nothing to say.',
  );
});

describe('a user that misbehaves fails the step with one clear error', () => {
  test.each([
    { returned: 7, got: '7' },
    { returned: undefined, got: 'undefined' },
    { returned: '', got: "''" },
    { returned: { content: 3 }, got: '{ content: 3 }' },
    { returned: { content: 'x', reward: Number.NaN }, got: "{ content: 'x', reward: NaN }" },
    { returned: { content: 'x', isDone: 'yes' }, got: "{ content: 'x', isDone: 'yes' }" },
    { returned: {}, got: '{}' },
    { returned: 'x'.repeat(20_001), got: '20001 characters' },
    { returned: { content: 'x'.repeat(20_001) }, got: '20001 characters' },
  ])('returning $got', async ({ returned, got }) => {
    const env = conversationEnv({ user: untyped(() => returned) })(task);
    await env.reset({ seed: 1 });
    await expect(env.step(say('a'))).rejects.toThrow(
      `the user simulator: needs to return a text of at most 20000 characters, { content, reward, isDone } or null, got ${got}.`,
    );
  });

  test('throwing', async () => {
    const env = conversationEnv({ user: () => Promise.reject(new Error('rate limit')) })(task);
    await env.reset({ seed: 1 });
    await expect(env.step(say('a'))).rejects.toThrow('rate limit');
  });

  test('hanging', async () => {
    const env = conversationEnv({ user: () => new Promise(() => {}), timeoutMs: 10 })(task);
    await env.reset({ seed: 1 });
    await expect(env.step(say('a'))).rejects.toThrow(
      'the user simulator: needs to answer within 10 ms, got nothing.',
    );
  });

  test('hanging, until the run is stopped', async () => {
    const controller = new AbortController();
    const env = conversationEnv({ user: () => new Promise(() => {}) })(task);
    await env.reset({ seed: 1 });
    const step = env.step(say('a'), { signal: controller.signal });
    controller.abort(new Error('stopped'));
    await expect(step).rejects.toThrow('stopped');
  });
});

test.each([{ maxTurns: 0 }, { timeoutMs: 0 }, { maxReplyLength: 1.5 }])(
  'the limit %j is refused',
  (limit) => {
    expect(() => conversationEnv({ user: () => null, ...limit })).toThrow(
      `conversationEnv: ${Object.keys(limit)[0]} must`,
    );
  },
);
