import { describe, expect, test } from 'vitest';
import { type StringTaskKind, stringTasks } from './string-tasks.js';

const rows = (kind: StringTaskKind, length = 5) =>
  stringTasks({ seed: 1, count: 100, kinds: [kind], length }).tasks.map(({ row }) => ({
    prompt: String(row.prompt),
    answer: String(row.answer),
  }));
const wordOf = (prompt: string) => prompt.split(': ')[1];

describe('answers', () => {
  test('a reversed word, reversed again, is the word', () => {
    for (const { prompt, answer } of rows('reverse')) {
      expect([...answer].reverse().join('')).toBe(wordOf(prompt));
    }
  });

  test('sorted letters are the same letters in order', () => {
    for (const { prompt, answer } of rows('sort')) {
      let left = wordOf(prompt);
      for (const letter of answer) left = left.replace(letter, '');
      expect(left).toBe('');
      for (let i = 1; i < answer.length; i++) expect(answer[i] >= answer[i - 1]).toBe(true);
    }
  });

  test('a counted letter is found so often, and some letters come more than once', () => {
    const counts = rows('count').map(({ prompt, answer }) => {
      const letter = prompt.split(' ')[2];
      const found = [...wordOf(prompt)].filter((other) => other === letter).length;
      expect(answer).toBe(String(found));
      return found;
    });
    expect(Math.min(...counts)).toBe(1);
    expect(Math.max(...counts)).toBeGreaterThan(2);
  });

  test('a shifted word lies as far behind in every letter', () => {
    for (const { prompt, answer } of rows('caesar')) {
      const by = Number(/by (\d+)/.exec(prompt)?.[1]);
      const distances = [...wordOf(prompt)].map(
        (letter, i) => (answer.charCodeAt(i) - letter.charCodeAt(0) + 26) % 26,
      );
      expect(new Set(distances)).toEqual(new Set([by]));
    }
  });
});

test.each([3, 5, 40])('words have %i letters', (length) => {
  for (const { prompt } of rows('reverse', length)) expect(wordOf(prompt)).toHaveLength(length);
});

test('no prompt comes twice, and the kinds have equal shares', () => {
  const { tasks } = stringTasks({ seed: 1, count: 400 });
  expect(new Set(tasks.map(({ row }) => row.prompt)).size).toBe(400);
  for (const kind of ['reverse', 'sort', 'count', 'caesar']) {
    expect(tasks.filter(({ row }) => row.kind === kind)).toHaveLength(100);
  }
});

test('the seed decides', () => {
  const prompts = (seed: number) =>
    stringTasks({ seed, count: 10 }).tasks.map(({ row }) => row.prompt);
  expect(prompts(1)).toEqual(prompts(1));
  expect(prompts(1)).not.toEqual(prompts(2));
});

test('asking for more problems than there are is refused', () => {
  // Two letters of a pair of neighbours, not the same backwards: 26 pairs, two orders.
  expect(() => stringTasks({ seed: 1, count: 53, kinds: ['reverse'], length: 2 })).toThrow(
    'stringTasks: needs 53 different problems on words of 2 letters, found 52.',
  );
});

test.each([{ count: 0 }, { kinds: [] }, { kinds: ['shout' as StringTaskKind] }, { length: 1 }])(
  '%j is refused',
  (option) => {
    expect(() => stringTasks({ seed: 1, count: 1, ...option })).toThrow(/^stringTasks: /);
  },
);
