import { describe, expect, test } from 'vitest';
import { scoreEpisodes } from './score-episodes.js';
import type { Episode, GroupReward, GroupRewardFn, TurnReward, TurnRewardFn } from './types.js';

function episode(completion: string, task?: string): Episode {
  const messages = completion
    .split('|')
    .flatMap((content) => [
      { role: 'user', content: '?' } as const,
      { role: 'assistant', content } as const,
    ]);
  const base = { messages, completion, row: {}, environmentReward: 0, end: 'terminated' } as const;
  return task === undefined ? base : { ...base, task };
}

/** 1 for the longest of a group, else 0. */
const longest: GroupReward = {
  name: 'longest',
  groupFn: (episodes) => {
    const lengths = episodes.map(({ completion }) => completion.length);
    return lengths.map((length) => Number(length === Math.max(...lengths)));
  },
};
const lengths: TurnReward = {
  name: 'lengths',
  turnFn: ({ messages }) =>
    messages.flatMap(({ role, content }) => (role === 'assistant' ? [content.length || null] : [])),
};
const one = { name: 'one', fn: () => 1 };

describe('a reward per group', () => {
  test('sees the episodes of one task together, wherever they stand', async () => {
    const episodes = [episode('aa', 'x'), episode('b', 'y'), episode('a', 'x'), episode('bb', 'y')];
    const { values, failures } = await scoreEpisodes([longest, one], episodes);
    expect(values).toEqual([
      [1, 1],
      [0, 1],
      [0, 1],
      [1, 1],
    ]);
    expect(failures).toEqual([]);
  });

  test('groups can be given, and an episode without a task is a group of its own', async () => {
    const episodes = [episode('aa', 'x'), episode('a', 'x'), episode('')];
    const groupIds = ['1', '2', '2'];
    expect((await scoreEpisodes([longest], episodes, { groupIds })).values).toEqual([
      [1],
      [1],
      [0],
    ]);
    expect((await scoreEpisodes([longest], [episode('a'), episode('aa')])).values).toEqual([
      [1],
      [1],
    ]);
  });

  test('that fails, fails for each member once, and for no other group', async () => {
    const fails: GroupReward = {
      name: 'fails',
      groupFn: (group) => {
        if (group[0].task === 'x') throw new Error('down');
        return group.map(() => ({ value: 2, parts: { a: 1 } }));
      },
    };
    const episodes = [episode('', 'x'), episode('', 'y'), episode('', 'x')];
    const { values, parts, failures } = await scoreEpisodes([fails], episodes);
    expect(values).toEqual([[null], [2], [null]]);
    expect(parts[1]).toEqual({ 'fails/a': 1 });
    expect(failures.map(({ episode, kind }) => `${episode} ${kind}`)).toEqual([
      '0 thrown',
      '2 thrown',
    ]);
  });

  test.each([
    { returned: [1], what: 'returned a list of 1 for episode 0 (task x). Return a list of 2' },
    { returned: 1, what: 'returned no list for episode 0' },
    { returned: [Number.NaN, 1], what: 'returned NaN for episode 0' },
  ])('that returns $returned is invalid', async ({ returned, what }) => {
    const odd: GroupReward = { name: 'odd', groupFn: (() => returned) as unknown as GroupRewardFn };
    const { values, failures } = await scoreEpisodes([odd], [episode('', 'x'), episode('', 'x')]);
    expect(failures[0]?.reason).toContain(what);
    expect(values[1]).toEqual([Array.isArray(returned) && returned.length === 2 ? 1 : null]);
  });

  test('a list of groups of another length is refused', async () => {
    await expect(scoreEpisodes([longest], [episode('')], { groupIds: [] })).rejects.toThrow(
      'scoreEpisodes: groupIds needs shape [1], got [0].',
    );
  });
});

describe('a reward per turn', () => {
  test('gives the episode the sum of its turns, and tells them', async () => {
    const { values, turns } = await scoreEpisodes(
      [lengths, one],
      [episode('a|bbb'), episode('|cc'), episode('')],
    );
    expect(values).toEqual([
      [4, 1],
      [2, 1],
      [null, 1],
    ]);
    expect(turns).toEqual([{ lengths: [1, 3] }, { lengths: [null, 2] }, { lengths: [null] }]);
  });

  test.each([
    { returned: [1], what: 'returned a list of 1 for episode 0. Return a list of 2' },
    { returned: 1, what: 'returned no list' },
    { returned: [1, '2'], what: 'returned the string "2" for turn 1' },
  ])('that returns $returned for two turns is invalid', async ({ returned, what }) => {
    const odd: TurnReward = { name: 'odd', turnFn: (() => returned) as unknown as TurnRewardFn };
    const { values, failures } = await scoreEpisodes([odd], [episode('a|b')]);
    expect(values).toEqual([[null]]);
    expect(failures[0]?.reason).toContain(what);
  });
});
