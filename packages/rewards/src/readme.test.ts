import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import * as library from './index.js';

test('the example of the README prints what its comments say', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const promised = [...example.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(
    ([, text]) => text,
  );
  const printed: string[] = [];
  const body = example.replace(/^import (\{.*\}) from '@grpo\/rewards';$/m, 'const $1 = library;');
  await new Function('library', 'console', `return (async () => {${body}})();`)(library, {
    log: (value: unknown) => printed.push(inspect(value)),
  });
  expect(promised).not.toEqual([]);
  expect(printed).toEqual(promised);
});
