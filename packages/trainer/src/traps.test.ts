// Mistakes that other implementations made and repaired: one test each, so that none comes back here.
import { singleTurn, taskBatch } from '@grpo/envs';
import { characterTokenizerFiles, createChatFormat, type Sampler } from '@grpo/policy';
import { describe, expect, it } from 'vitest';
import { toBatches } from './batch.js';
import { rollOut } from './rollout.js';

const chat = createChatFormat(
  characterTokenizerFiles({
    characters: '0123456789',
    tokens: ['<pad>', '<end>'],
    padToken: '<pad>',
    endToken: '<end>',
    chatTemplate: '{% for m in messages %}{{ m.content }}{% endfor %}',
  }),
);
const task = (id: string, content = id) => ({
  id,
  messages: [{ role: 'user' as const, content }],
  row: {},
});
const END = 1;

/** Answers every prompt with the same tokens. */
const always = (ids: readonly number[], stopReason: 'stop' | 'length'): Sampler => ({
  sample: async (requests) =>
    requests.map(() => ({ ids: [...ids], logProbs: ids.map(() => -1), stopReason })),
});
const options = {
  env: singleTurn(),
  chat,
  maxCompletionLength: 4,
  maxTurns: 1,
  temperature: 1,
  key: ['traps'],
};

describe('resume', () => {
  it('a run that goes on at any step neither skips nor repeats a prompt', () => {
    const dataset = { name: 'ten', tasks: Array.from({ length: 10 }, (_, i) => task(String(i))) };
    const drawn = (step: number) => taskBatch(dataset, { seed: 3, step, size: 4 });
    const straight = Array.from({ length: 10 }, (_, step) => drawn(step)).flat();
    for (const resumedAt of [1, 3, 7]) {
      // A process that starts at this step has no memory of the steps before it.
      const later = Array.from({ length: 10 - resumedAt }, (_, i) => drawn(resumedAt + i)).flat();
      expect([...straight.slice(0, 4 * resumedAt), ...later]).toEqual(straight);
    }
    for (const epoch of [0, 1, 2, 3]) {
      const ids = straight.slice(10 * epoch, 10 * epoch + 10).map(({ id }) => id);
      expect(new Set(ids).size).toBe(10);
    }
  });
});

describe('group identity', () => {
  it('two tasks with the same text are two groups, and so is a task that is drawn twice', async () => {
    const tasks = [task('a', '1'), task('b', '1'), task('a', '1')];
    const rollouts = await rollOut(tasks, 2, { ...options, sampler: always([5, END], 'stop') });
    const groups = rollouts.map(({ groupId }) => groupId);
    expect(new Set(groups).size).toBe(3);
    expect([groups[0], groups[2], groups[4]]).toEqual([groups[1], groups[3], groups[5]]);
  });
});

describe('end tokens', () => {
  it('the end token is trained, and the id that pads a shorter row beside it is not', async () => {
    const short = await rollOut([task('1')], 1, { ...options, sampler: always([5, END], 'stop') });
    const long = await rollOut([task('1')], 1, {
      ...options,
      sampler: always([0, 0, 0, END], 'stop'), // samples the padding id itself
    });
    const [batch] = toBatches([...short, ...long], new Float64Array(2), 2, 1);
    expect([...batch.tokens.mask]).toEqual([0, 1, 1, 0, 0, 0, 1, 1, 1, 1]);
  });

  it('an answer counts as cut off by its stop reason, not by its last id', async () => {
    const [cut] = await rollOut([task('1')], 1, {
      ...options,
      sampler: always([5, 6, 7, END], 'length'),
    });
    expect(cut.episode.end).toBe('length');
    const [whole] = await rollOut([task('1')], 1, { ...options, sampler: always([5], 'stop') });
    expect(whole.episode.end).toBe('terminated');
  });
});

describe('retokenization', () => {
  it('ids, mask and log-probs of an episode have one length and are those of the sampler', async () => {
    const [rollout] = await rollOut([task('12')], 1, {
      ...options,
      sampler: always([9, 9, END], 'stop'),
    });
    expect(rollout.ids.slice(-3)).toEqual([9, 9, END]);
    expect(rollout.mask.length).toBe(rollout.ids.length);
    expect(rollout.logProbs.length).toBe(rollout.ids.length);
  });
});
