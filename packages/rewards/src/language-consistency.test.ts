import { expect, test } from 'vitest';
import { languageConsistency } from './language-consistency.js';
import type { Episode } from './types.js';

const episode = (completion: string, row: Episode['row'] = {}): Episode => ({
  messages: [],
  completion,
  row,
  environmentReward: 0,
  end: 'terminated',
});

test.each([
  { text: 'Hello, wörld!', script: 'Latin', r: 1 },
  { text: 'Hello 你好', script: 'Latin', r: 5 / 7 },
  { text: 'Hello 你好', script: 'Han', r: 2 / 7 },
  { text: 'привет', script: 'Latin', r: 0 },
  { text: '日本のコード', script: ['Han', 'Hiragana', 'Katakana'], r: 5 / 6 },
  { text: '你好 ```js\nconst a = 1;\n``` `b` $x + y$ https://a.example', script: 'Han', r: 1 },
  { text: '你好 ```js\nconst unfinished', script: 'Han', r: 1 },
])('$text in $script gives $r', async ({ text, script, r }) => {
  // "ー" lengthens a vowel in both Hiragana and Katakana; its script is Common.
  expect(await languageConsistency({ script }).fn(episode(text))).toBeCloseTo(r, 12);
});

test.each(['', '42 + 1 = 43', '!?'])('%j has no language', async (text) => {
  expect(await languageConsistency({ script: 'Latin' }).fn(episode(text))).toBeNull();
});

test('a row can ask for a script, and a detector tell languages of one script apart', async () => {
  const { fn } = languageConsistency({
    script: ({ script }) => String(script),
    detect: (text) => (text.includes('the') ? 1 : 0.25),
  });
  expect(await fn(episode('the cat', { script: 'Latin' }))).toBe(1);
  expect(await fn(episode('le chat', { script: 'Latin' }))).toBe(0.25);
});

test('a script that does not exist is refused', () => {
  expect(() => languageConsistency({ script: 'English' })).toThrow(
    'languageConsistency: script must be a Unicode script such as Latin, got English.',
  );
});
