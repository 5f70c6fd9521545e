import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as advantage from './index.js';

it('the example of the README prints what it says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  const [, imported] = /import \{ (.*) \} from '@grpo\/advantage';/.exec(example) ?? [];
  const body = example.replace(/^import .*$/m, '');
  const claims = [...body.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, claim]) => claim);

  const lines: string[] = [];
  const log = (values: ArrayLike<number>) => {
    lines.push(`[ ${Array.from(values, (value) => Number(value.toFixed(3))).join(', ')} ]`);
  };
  new Function('console', `{ ${imported} }`, body)({ log }, advantage);

  expect(lines).toEqual(claims);
  expect(lines).toHaveLength(2);
});
