import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { answerFormat } from './answer-format.js';
import { numericAnswer } from './numeric-answer.js';
import { scoreEpisodes } from './score-episodes.js';
import type { Episode, Reward, RewardFn } from './types.js';

function episode(completion: string, task?: string): Episode {
  const base = { messages: [], completion, row: { answer: '85' }, environmentReward: 0 };
  return { ...base, end: 'terminated', ...(task === undefined ? {} : { task }) };
}

/** A function outside the types, as plain JavaScript may hand in. */
function untyped(fn: () => unknown): RewardFn {
  return fn as RewardFn;
}

const one: Reward = { name: 'one', fn: () => 1 };

describe('values', () => {
  test('every episode is scored by every reward, in order', async () => {
    const scores = await scoreEpisodes(
      [numericAnswer(), answerFormat(), { name: 'slow', fn: () => wait(5, 0.5) }],
      [episode('<answer>85</answer>'), episode('<answer>8</answer>'), episode('85')],
    );
    expect(scores.values).toEqual([
      [1, 1, 0.5],
      [0, 1, 0.5],
      [0, 0, 0.5],
    ]);
    expect(scores.failures).toEqual([]);
  });

  test('null means that the reward does not apply and is no failure', async () => {
    const scores = await scoreEpisodes([{ name: 'never', fn: () => null }], [episode('')]);
    expect(scores).toEqual({ values: [[null]], parts: [{}], failures: [] });
  });

  test('the parts of a value are named after the reward and the part', async () => {
    const made: Reward = { name: 'made', fn: () => ({ value: 3, parts: { a: 1, b: null } }) };
    const scores = await scoreEpisodes([one, made], [episode('')]);
    expect(scores.values).toEqual([[1, 3]]);
    expect(scores.parts).toEqual([{ 'made/a': 1, 'made/b': null }]);
  });

  test('no episodes or no rewards give empty scores', async () => {
    expect(await scoreEpisodes([one], [])).toEqual({ values: [], parts: [], failures: [] });
    expect(await scoreEpisodes([], [episode('')])).toEqual({
      values: [[]],
      parts: [{}],
      failures: [],
    });
  });
});

describe('failures', () => {
  test('a reward that returns NaN gives one text: which reward, which episode, what to do', async () => {
    const nan: Reward = { name: 'ratio', fn: () => 0 / 0 };
    const scores = await scoreEpisodes([one, nan], [episode('', 'train.jsonl:12')]);
    expect(scores.values).toEqual([[1, null]]);
    expect(scores.failures).toEqual([
      {
        reward: 'ratio',
        episode: 0,
        kind: 'invalid',
        reason:
          'Reward "ratio" returned NaN for episode 0 (task train.jsonl:12). ' +
          'Return a finite number, or null where the reward does not apply.',
      },
    ]);
  });

  test.each([
    { what: 'Infinity', fn: untyped(() => Number.POSITIVE_INFINITY) },
    { what: 'undefined', fn: untyped(() => undefined) },
    { what: 'the string "1"', fn: untyped(() => '1') },
    { what: 'true', fn: untyped(() => true) },
    { what: 'an array', fn: untyped(() => [1]) },
    { what: 'an object', fn: untyped(() => ({ score: 1 })) },
    { what: 'NaN', fn: untyped(async () => Number.NaN) },
  ])('a reward that returns $what is invalid and counts as null', async ({ what, fn }) => {
    const scores = await scoreEpisodes([{ name: 'odd', fn }], [episode('')]);
    expect(scores.values).toEqual([[null]]);
    expect(scores.failures).toMatchObject([{ kind: 'invalid', reward: 'odd', episode: 0 }]);
    expect(scores.failures[0]?.reason).toContain(`returned ${what} for episode 0. Return a finite`);
  });

  test.each([
    {
      what: 'threw "no key"',
      fn: () => {
        throw new Error('no key');
      },
    },
    { what: 'threw "down"', fn: () => Promise.reject(new Error('down')) },
    { what: 'threw "a string"', fn: () => Promise.reject('a string') },
    { what: 'threw "undefined"', fn: () => Promise.reject(undefined) },
    { what: 'an error without a text', fn: () => Promise.reject(Object.create(null)) },
  ])('a reward that fails as in $what is thrown and counts as null', async ({ what, fn }) => {
    const scores = await scoreEpisodes([{ name: 'bad', fn }, one], [episode('')]);
    expect(scores.values).toEqual([[null, 1]]);
    expect(scores.failures).toMatchObject([{ kind: 'thrown', reward: 'bad', episode: 0 }]);
    expect(scores.failures[0]?.reason).toContain(what);
  });

  test('a reward that hangs is left behind with its signal aborted', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const hangs: Reward = {
      name: 'hangs',
      fn: (_, call) => {
        signals.push(call?.signal);
        return new Promise(() => {});
      },
    };
    const scores = await scoreEpisodes([hangs, one], [episode('')], { timeoutMs: 20 });
    expect(scores.values).toEqual([[null, 1]]);
    expect(scores.failures).toMatchObject([{ kind: 'timeout', reward: 'hangs', episode: 0 }]);
    expect(scores.failures[0]?.reason).toContain('took longer than 20 ms for episode 0.');
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
  });

  test('a reward that fails after its time is up disturbs nothing', async () => {
    const late: Reward = {
      name: 'late',
      fn: async () => {
        await wait(30);
        throw new Error('too late to matter');
      },
    };
    const scores = await scoreEpisodes([late], [episode('')], { timeoutMs: 5 });
    await wait(60); // an unhandled rejection would fail the test run
    expect(scores.failures).toMatchObject([{ kind: 'timeout' }]);
  });

  test('the text of a huge error is cut', async () => {
    const huge = () => Promise.reject(new Error('x'.repeat(1_000_000)));
    const scores = await scoreEpisodes([{ name: 'huge', fn: huge }], [episode('')]);
    expect(scores.failures[0]?.reason.length).toBeLessThan(400);
  });

  test('a row without the answer names the task', async () => {
    const bare = { ...episode('<answer>85</answer>', 'train.jsonl:3'), row: { prompt: '37+48' } };
    const scores = await scoreEpisodes([numericAnswer()], [bare]);
    expect(scores.failures[0]?.reason).toContain('the row needs a column "answer"');
    expect(scores.failures[0]?.reason).toContain('(task train.jsonl:3)');
  });

  test('failures are listed by episode and reward, whichever came first', async () => {
    const fails = (name: string): Reward => ({
      name,
      fn: async ({ completion }) => {
        await wait(Number(completion));
        throw new Error(name);
      },
    });
    const scores = await scoreEpisodes(
      [fails('a'), fails('b')],
      [episode('20'), episode('10'), episode('1')],
    );
    expect(scores.failures.map(({ episode, reward }) => `${episode}${reward}`)).toEqual([
      '0a',
      '0b',
      '1a',
      '1b',
      '2a',
      '2b',
    ]);
  });

  test('of a thousand calls of which a fifth fails, each is counted once', async () => {
    const flaky: Reward = {
      name: 'flaky',
      fn: async ({ completion }) => {
        const i = Number(completion);
        if (i % 5 === 0) throw new Error('fault');
        return i;
      },
    };
    const episodes = Array.from({ length: 1000 }, (_, i) => episode(String(i)));
    const { values, failures } = await scoreEpisodes([flaky], episodes);
    expect(failures.map((failure) => failure.episode)).toEqual(
      Array.from({ length: 200 }, (_, i) => 5 * i),
    );
    expect(values).toEqual(episodes.map((_, i) => [i % 5 === 0 ? null : i]));
  });
});

describe('running', () => {
  test('at most `concurrency` calls run at once, and that many do', async () => {
    let running = 0;
    let most = 0;
    const busy: Reward = {
      name: 'busy',
      fn: async () => {
        running++;
        most = Math.max(most, running);
        await wait(2);
        running--;
        return 0;
      },
    };
    const episodes = Array.from({ length: 20 }, () => episode(''));
    await scoreEpisodes([busy], episodes, { concurrency: 3 });
    expect(most).toBe(3);
  });

  test('an abort rejects with its reason, aborts running calls and starts no more', async () => {
    const controller = new AbortController();
    const signals: (AbortSignal | undefined)[] = [];
    const hangs: Reward = {
      name: 'hangs',
      fn: (_, call) => {
        signals.push(call?.signal);
        return new Promise(() => {});
      },
    };
    const scoring = scoreEpisodes([hangs], [episode(''), episode(''), episode('')], {
      concurrency: 2,
      signal: controller.signal,
    });
    controller.abort(new Error('stop the run'));
    await expect(scoring).rejects.toThrow('stop the run');
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
  });

  test('a signal that is already aborted starts nothing', async () => {
    let calls = 0;
    const counts: Reward = { name: 'counts', fn: () => ++calls };
    const signal = AbortSignal.abort(new Error('stopped before'));
    await expect(scoreEpisodes([counts], [episode('')], { signal })).rejects.toThrow(
      'stopped before',
    );
    expect(calls).toBe(0);
  });
});

describe('arguments', () => {
  test('two rewards of one name are refused', async () => {
    await expect(scoreEpisodes([one, one], [])).rejects.toThrow(
      'scoreEpisodes: rewards must have different names, got "one" twice.',
    );
  });

  test.each([0, 1.5, Number.NaN])('a concurrency of %s is refused', async (concurrency) => {
    await expect(scoreEpisodes([one], [], { concurrency })).rejects.toThrow(
      `concurrency must be an integer of at least 1, got ${concurrency}`,
    );
  });

  test.each([0, Number.POSITIVE_INFINITY, Number.NaN])(
    'a time limit of %s ms is refused',
    async (timeoutMs) => {
      await expect(scoreEpisodes([one], [], { timeoutMs })).rejects.toThrow(`got ${timeoutMs}`);
    },
  );
});
