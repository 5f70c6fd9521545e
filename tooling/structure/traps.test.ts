import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const page = readFileSync(new URL('../../docs/traps.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| (\d*) \| .*? \| (.*?) \| `(.*?)` \|$/gm)].map(
  ([, number, name, file]) => ({ number, name, file }),
);

test('the table of traps has all twenty', () => {
  const numbers = rows.flatMap(({ number }) => (number === '' ? [] : [Number(number)]));
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

test.each(rows)('"$name" stands in $file', ({ name, file }) => {
  const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  expect(source).toMatch(
    new RegExp(`\\b(it|test)\\('${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}'`),
  );
});
