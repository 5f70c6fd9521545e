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
          ...(over && { stopReason: 'completed' }),
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
    stopReason: 'completed',
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
  expect(rollouts[1].failure?.kind).toBe('thrown');
  expect(rollouts[1].failure?.reason).toContain('task 2 failed (thrown): lost.');
  expect(rollouts[1].episode.end).toBe('error');
  expect(rollouts[1].mask.filter(Boolean).length).toBe(2 * answers);
});

test('an episode that may be retried is played again from reset, and is one rollout', async () => {
  const attempts: number[] = [];
  const env: EnvFactory = (t) => {
    const sound = asking(2, { count: 0 })(t);
    const reset: Env['reset'] = async (call) => {
      attempts.push(call.seed);
      return sound.reset(call);
    };
    const busy = Object.assign(new Error('429'), { isRetryable: true });
    const step: Env['step'] = (message) =>
      attempts.length < 3 ? Promise.reject(busy) : sound.step(message);
    return { ...sound, reset, step };
  };
  const retrying = { ...options, env, retryDelayMs: 0 };
  const sampler = counter();
  const [rollout, ...rest] = await rollOut([task('7')], 1, { ...retrying, sampler });
  expect(rest).toEqual([]);
  expect(rollout.failure).toBeUndefined();
  expect(rollout.retries).toBe(2);
  expect(rollout.episode).toMatchObject({ environmentReward: 2, end: 'terminated' });
  expect(rollout.turnRewards.map(({ at }) => at)).toEqual([5, 11]);
  expect(new Set(attempts).size).toBe(3);
  expect(new Set(sampler.seeds).size).toBe(4); // one answer in each failed attempt, two in the last

  attempts.length = 0;
  const [failed] = await rollOut([task('7')], 1, { ...retrying, sampler, maxRetries: 1 });
  expect(failed).toMatchObject({ failure: { kind: 'thrown' }, retries: 1 });
  attempts.length = 0;
  const isRetryable = () => false;
  const [once] = await rollOut([task('7')], 1, { ...retrying, sampler, isRetryable });
  expect(attempts).toHaveLength(1);
  expect(once.failure?.reason).toContain('429');
});

test('what hangs is left behind, its signal aborted, and the episode fails by time-out', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const hang = (signal?: AbortSignal) => {
    signals.push(signal);
    return new Promise<never>(() => {});
  };
  const closed = { count: 0 };
  const sound = asking(2, closed);
  const rows: readonly [Partial<Env>, string][] = [
    [{ reset: ({ signal }) => hang(signal) }, 'reset took longer than 20 ms'],
    [{ step: (_, call) => hang(call?.signal) }, 'step took longer than 20 ms'],
    [{ close: () => hang() }, 'close took longer than 20 ms'],
  ];
  for (const [methods, reason] of rows) {
    const env: EnvFactory = (t) => (t.id === '1' ? { ...sound(t), ...methods } : sound(t));
    const rollouts = await rollOut([task('1'), task('2')], 1, {
      ...options,
      env,
      sampler: counter(),
      turnTimeoutMs: 20,
    });
    expect(rollouts[0].failure?.kind).toBe('timeout');
    expect(rollouts[0].failure?.reason).toContain(reason);
    expect(rollouts[1].failure).toBeUndefined();
  }
  expect(closed.count).toBe(5);
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, true, undefined]);
});

test('an episode has a time limit of its own, which ends it between two turns as well', async () => {
  const closed = { count: 0 };
  const env: EnvFactory = (t) => {
    const sound = asking(1_000_000, closed)(t);
    const step: Env['step'] = async (message) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return sound.step(message);
    };
    return { ...sound, step };
  };
  const [rollout] = await rollOut([task('1')], 1, {
    ...options,
    env,
    sampler: counter(),
    maxTurns: 1_000_000,
    episodeTimeoutMs: 60,
  });
  expect(rollout.failure?.kind).toBe('timeout');
  expect(rollout.failure?.reason).toContain('the episode took longer than 60 ms');
  expect(closed.count).toBe(1);
  const turns = rollout.turnRewards.length;
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(rollout.turnRewards).toHaveLength(turns);
});

test('a cancelled rollout closes what is open, begins nothing more and gives the reason', async () => {
  const stop = new AbortController();
  const closed = { count: 0 };
  let begun = 0;
  const env: EnvFactory = (t) => {
    begun++;
    return { ...asking(2, closed)(t), step: () => new Promise<never>(() => {}) };
  };
  const run = rollOut([task('1')], 9, {
    ...options,
    env,
    sampler: counter(),
    maxConcurrentEpisodes: 3,
    signal: stop.signal,
  });
  setTimeout(() => stop.abort('enough'), 20);
  await expect(run).rejects.toBe('enough');
  expect([begun, closed.count]).toEqual([3, 3]);
});

test('no more episodes run at once than allowed, and requests stand in batches', async () => {
  let [open, most] = [0, 0];
  const env: EnvFactory = (t) => {
    most = Math.max(most, ++open);
    const sound = asking(2, { count: 0 })(t);
    const close = async () => {
      open--;
    };
    return { ...sound, close };
  };
  const batches: number[] = [];
  const inner = counter();
  const sampler: Sampler = {
    sample: (requests, call) => {
      batches.push(requests.length);
      return inner.sample(requests, call);
    },
  };
  await rollOut([task('1'), task('2')], 4, { ...options, env, sampler, maxConcurrentEpisodes: 4 });
  expect(most).toBe(4);
  expect(batches).toEqual([4, 4, 4, 4]);
  batches.length = 0;
  const continuous = { ...sampler, isContinuous: true };
  await rollOut([task('1'), task('2')], 4, { ...options, env, sampler: continuous });
  expect(batches).toEqual(new Array(16).fill(1));
});

test('rollouts do not depend on how long the environment takes', async () => {
  const played = (delay: (id: string) => number) => {
    const env: EnvFactory = (t) => {
      const sound = asking(3, { count: 0 })(t);
      const step: Env['step'] = async (message) => {
        await new Promise((resolve) => setTimeout(resolve, delay(t.id)));
        return sound.step(message);
      };
      return { ...sound, step };
    };
    const sampler: Sampler = {
      sample: async (requests) =>
        requests.map(({ seed }) => ({
          ids: [digit(seed % 10), END],
          logProbs: [-0.5, -0.25],
          stopReason: 'stop',
        })),
    };
    return rollOut([task('1'), task('2'), task('3')], 2, { ...options, env, sampler });
  };
  const fast = await played(() => 0);
  expect(await played((id) => 3 * (4 - Number(id)))).toEqual(fast);
});

test('an episode that fills the context ends by length; a first prompt that does fails', async () => {
  const env = asking(9, { count: 0 });
  // The prompt has 4 tokens, an answer 2, a question 4: the third prompt has 16.
  const sampler = { ...counter(), contextLength: 16 };
  const [full] = await rollOut([task('1')], 1, { ...options, env, sampler });
  expect(full.failure).toBeUndefined();
  expect(full.episode).toMatchObject({ end: 'length', environmentReward: 2 });
  expect(full.ids).toHaveLength(12);
  const [roomy] = await rollOut([task('1')], 1, { ...options, env, sampler, contextLength: 17 });
  expect(roomy.ids).toHaveLength(18);
  const [none] = await rollOut([task('1')], 1, { ...options, env, sampler, contextLength: 4 });
  expect(none.failure?.kind).toBe('encoding');
  expect(none.failure?.reason).toContain('shorter than the context of 4 tokens, got 4');
});

test('tools that an environment offers reach the chat template in every turn', async () => {
  const offered: unknown[] = [];
  const tools = [{ type: 'function' }];
  const listening = {
    ...chat,
    encodePrompt: (...[messages, call]: Parameters<typeof chat.encodePrompt>) => {
      offered.push(call?.tools);
      return chat.encodePrompt(messages);
    },
    encodeContinuation: (...[before, added, call]: Parameters<typeof chat.encodeContinuation>) => {
      offered.push(call?.tools);
      return chat.encodeContinuation(before, added);
    },
  };
  const env: EnvFactory = (t) => ({
    ...asking(2, { count: 0 })(t),
    reset: async () => ({ messages: t.messages, tools }),
  });
  await rollOut([task('1')], 1, { ...options, chat: listening, env, sampler: counter() });
  expect(offered).toEqual([tools, tools]);
});

test('a factory, a template and a sampler that fail are failures of their kind', async () => {
  const env = asking(1, { count: 0 });
  const lost = () => {
    throw new Error('lost');
  };
  const reject = async () => lost();
  const rows = [
    [{ env: lost }, 'thrown'],
    [{ chat: { ...chat, encodePrompt: lost } }, 'encoding'],
    [{ chat: { ...chat, decodeCompletion: lost } }, 'encoding'],
    [{ sampler: { sample: reject } }, 'sampler'],
    [{ sampler: { sample: async () => [] } }, 'sampler'],
  ] as const;
  for (const [parts, kind] of rows) {
    const sound = { ...options, env, sampler: counter() };
    const [rollout] = await rollOut([task('1')], 1, { ...sound, ...parts });
    expect(rollout.failure?.kind).toBe(kind);
    expect(rollout.episode.end).toBe('error');
  }
});

test.each([
  [{ maxConcurrentEpisodes: 0 }, 'maxConcurrentEpisodes needs a whole number from 1, got 0'],
  [{ maxTurns: 0 }, 'maxTurns needs a whole number from 1, got 0'],
  [{ maxRetries: -1 }, 'maxRetries needs a whole number from 0, got -1'],
  [{ turnTimeoutMs: 2 ** 31 }, 'turnTimeoutMs needs a time up to 2^31 ms'],
  [{ episodeTimeoutMs: Number.NaN }, 'episodeTimeoutMs needs a time'],
  [{ retryDelayMs: -1 }, 'retryDelayMs needs 0 or a time in ms, got -1'],
])('options out of range are refused: %j', async (wrong, message) => {
  const env = asking(1, { count: 0 });
  const run = rollOut([task('1')], 1, { ...options, env, sampler: counter(), ...wrong });
  await expect(run).rejects.toThrow(message);
});

test('many episodes may listen to one signal', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  const { signal } = new AbortController();
  const env = asking(1, { count: 0 });
  await rollOut([task('7')], 20, { ...options, env, sampler: counter(), signal });
  await new Promise(setImmediate); // warnings are emitted after the call
  process.off('warning', note);
  expect(warnings).toEqual([]);
});
