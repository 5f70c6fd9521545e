import type { Env, EnvFactory, Task } from '@grpo/envs';
import { characterTokenizerFiles, createChatFormat, type Sampler } from '@grpo/policy';
import { expect, test } from 'vitest';
import { rollOut } from './rollout.js';

const chat = createChatFormat(
  characterTokenizerFiles({
    characters: '0123456789',
    tokens: ['<pad>', '<user>', '<assistant>', '<end>'],
    padToken: '<pad>',
    endToken: '<end>',
    chatTemplate:
      '{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}',
  }),
);
const END = 3;
const digit = (d: number) => 4 + d;
const task = (id: string): Task => ({
  id,
  messages: [{ role: 'user', content: id }],
  row: { answer: id },
});

/** Says how many tokens it saw, and remembers the seeds. */
function counter(stops = true): Sampler & { seeds: number[] } {
  const seeds: number[] = [];
  return {
    seeds,
    sample: async (requests) => {
      seeds.push(...requests.map(({ seed }) => seed));
      return requests.map(({ ids }) => ({
        ids: stops ? [digit(ids.length % 10), END] : [digit(ids.length % 10)],
        logProbs: stops ? [-0.5, -0.25] : [-0.5],
        stopReason: stops ? 'stop' : 'length',
      }));
    },
  };
}

/** Asks `turns` questions, pays 1 for each answer, and counts how often it was closed. */
function asking(turns: number, closed: { count: number }): EnvFactory {
  return ({ messages }) => {
    let asked = 0;
    return {
      reset: async () => ({ messages }),
      step: async () => {
        asked++;
        const over = asked === turns;
        return {
          messages: over ? [] : [{ role: 'user', content: '9' }],
          reward: 1,
          terminated: over,
          truncated: false,
        };
      },
      close: async () => {
        closed.count++;
      },
    };
  };
}
const options = {
  chat,
  maxCompletionLength: 4,
  maxTurns: 5,
  temperature: 1,
  key: [1, 'test', 0],
};

test('the tokens of an episode are prompt, answer, question, answer, each encoded once', async () => {
  const closed = { count: 0 };
  const sampler = counter();
  const [rollout] = await rollOut([task('7')], 1, { ...options, env: asking(2, closed), sampler });
  // <user>7<end><assistant> 4 tokens; the answer says 4; then <user>9<end><assistant>; the answer says 0.
  const question = [1, digit(9), END, 2];
  expect(rollout.ids).toEqual([1, digit(7), END, 2, digit(4), END, ...question, digit(0), END]);
  const own = rollout.mask.map((model, t) => (model ? t : -1)).filter((t) => t >= 0);
  expect(own).toEqual([4, 5, 10, 11]);
  expect(rollout.logProbs).toEqual([0, 0, 0, 0, -0.5, -0.25, 0, 0, 0, 0, -0.5, -0.25]);
  expect(rollout.episode).toMatchObject({
    task: '7',
    completion: '0',
    completionTokens: 2,
    environmentReward: 2,
    end: 'terminated',
    row: { answer: '7' },
  });
  expect(rollout.episode.messages.map(({ content }) => content)).toEqual(['7', '4', '9', '0']);
  expect(rollout.turnRewards).toEqual([
    { at: 5, reward: 1 },
    { at: 11, reward: 1 },
  ]);
  expect(closed.count).toBe(1);
});

test('episodes of one task share a group and differ in their seeds', async () => {
  const sampler = counter();
  const env = asking(1, { count: 0 });
  const rollouts = await rollOut([task('1'), task('2')], 3, { ...options, env, sampler });
  expect(rollouts.map(({ groupId }) => groupId)).toEqual([
    '0:1',
    '0:1',
    '0:1',
    '1:2',
    '1:2',
    '1:2',
  ]);
  expect(new Set(sampler.seeds).size).toBe(6);
  const again = counter();
  await rollOut([task('1'), task('2')], 3, { ...options, env, sampler: again });
  expect(again.seeds).toEqual(sampler.seeds);
  await rollOut([task('1')], 1, { ...options, env, sampler: again, key: [2, 'test', 0] });
  expect(again.seeds.at(-1)).not.toBe(sampler.seeds[0]);
});

test('the same task twice in a step makes two groups', async () => {
  const env = asking(1, { count: 0 });
  const rollouts = await rollOut([task('1'), task('1')], 1, {
    ...options,
    env,
    sampler: counter(),
  });
  expect(rollouts[0].groupId).not.toBe(rollouts[1].groupId);
});

test('the last turn truncates an episode, and an answer without its end makes it end by length', async () => {
  const env = asking(9, { count: 0 });
  const [truncated] = await rollOut([task('1')], 1, { ...options, env, sampler: counter() });
  expect(truncated.episode).toMatchObject({ end: 'truncated', environmentReward: 5 });
  const [long] = await rollOut([task('1')], 1, { ...options, env, sampler: counter(false) });
  expect(long.episode).toMatchObject({ end: 'length', environmentReward: 1 });
  expect(long.ids.at(-1)).toBe(digit(4));
});

test.each<[keyof Env, number]>([
  ['reset', 0],
  ['step', 1],
  ['close', 1],
])('an environment that throws in %s fails its own episode only', async (method, answers) => {
  const env: EnvFactory = (t) => {
    const sound = asking(1, { count: 0 })(t);
    if (t.id !== '2') return sound;
    return { ...sound, [method]: async () => Promise.reject(new Error('lost')) };
  };
  const rollouts = await rollOut([task('1'), task('2')], 1, {
    ...options,
    env,
    sampler: counter(),
  });
  expect(rollouts[0].failure).toBeUndefined();
  expect(rollouts[1].failure).toContain('task 2: lost');
  expect(rollouts[1].episode.end).toBe('error');
  expect(rollouts[1].mask.filter(Boolean).length).toBe(2 * answers);
});
