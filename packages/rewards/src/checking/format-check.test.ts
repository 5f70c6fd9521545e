import { expect, test } from 'vitest';
import type { AnyReward, Episode } from '../types.js';
import { checkReward } from './check-reward.js';
import { formatCheck } from './format-check.js';

function episode(completion: string, task?: string): Episode {
  const base = { messages: [], row: {}, environmentReward: 0, end: 'terminated' } as const;
  return { ...base, completion, ...(task === undefined ? {} : { task }) };
}

async function text(reward: AnyReward, episodes: readonly Episode[]) {
  return formatCheck(await checkReward([reward], episodes, { now: () => 0, ends: 1 }));
}

test('a report reads as a person wants it', async () => {
  const length: AnyReward = { name: 'length', fn: ({ completion }) => completion.length };
  const episodes = [
    episode('a', 't'),
    episode('abc', 't'),
    episode('abcde', 'u'),
    episode('a', 'u'),
  ];
  expect(await text(length, episodes)).toBe(
    [
      '4 episodes',
      '',
      'length',
      '------',
      'values       4, mean 2.5, standard deviation 1.658',
      'quantiles    min 1 | 1 | 1 | 2 | 3.5 | 4.7 | 5 max   (0, 5, 25, 50, 75, 95, 100 %)',
      `         1 … 1.4      ${'█'.repeat(40)} 2`,
      '       1.4 … 1.8       0',
      '       1.8 … 2.2       0',
      '       2.2 … 2.6       0',
      '       2.6 … 3         0',
      `         3 … 3.4      ${'█'.repeat(20)} 1`,
      '       3.4 … 3.8       0',
      '       3.8 … 4.2       0',
      '       4.2 … 4.6       0',
      `       4.6 … 5        ${'█'.repeat(20)} 1`,
      'null         0 %',
      'failures     none',
      'groups       2, of which 0 % all equal; pairs equal 0 %; distinct values per group 2',
      'seconds      mean 0, 95 % 0, longest 0 per call',
      'highest      5 episode 2: "abcde"',
      'lowest       1 episode 0: "a"',
    ].join('\n'),
  );
});

test('what would waste a training run is said', async () => {
  const one: AnyReward = { name: 'one', fn: () => 1 };
  expect(await text(one, [episode('a', 't'), episode('b', 't')])).toContain('most groups are tied');
  expect(await text(one, [episode('a', 't'), episode('b', 't')])).toContain('all values are equal');
  expect(await text(one, [episode('a')])).toContain('no group has two values');
  expect(await text({ name: 'none', fn: () => null }, [episode('a')])).toContain(
    'applies to no episode',
  );
  const failing: AnyReward = { name: 'bad', fn: () => Number.NaN };
  expect(await text(failing, [episode('a')])).toContain('1 invalid (100 %)');
});

test('a completion can neither steer the terminal nor fill it', async () => {
  const one: AnyReward = { name: 'one', fn: () => 1 };
  const shown = await text(one, [episode(`\u001b[2J\u009b31m\u202e${'x\n'.repeat(10_000)}`)]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
  expect(shown).not.toMatch(/[\u001b\u009b\u202e]/);
  expect(shown.length).toBeLessThan(2000);
});
