import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import * as tensor from '@grpo/tensor';
import { expect, it } from 'vitest';
import * as value from './index.js';

const LIBRARIES: Readonly<Record<string, unknown>> = {
  '@grpo/tensor': tensor,
  '@grpo/value': value,
};

it('the example of the README prints what its comments say', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  const promised = [...example.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(
    ([, text]) => text,
  );
  const body = example.replace(
    /^import (\{[^}]*\}) from '(.*)';$/gm,
    "const $1 = libraries['$2'];",
  );
  const printed: string[] = [];
  const log = (value: unknown) => printed.push(inspect(value));
  await new Function('libraries', 'console', `return (async () => {${body}})()`)(LIBRARIES, {
    log,
  });
  expect(promised).not.toEqual([]);
  expect(printed).toEqual(promised);
});
