import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as policyLoss from './index.js';

it('the example of the README prints what it says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  const [, imported] = /import \{ (.*) \} from '@grpo\/policy-loss';/.exec(example) ?? [];
  const body = example.replace(/^import .*$/m, '');
  const claims = [...body.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, claim]) => claim);

  const lines: string[] = [];
  const short = (value: number) => String(Number(value.toFixed(3)));
  const log = (value: number | Float64Array) => {
    lines.push(
      typeof value === 'number' ? short(value) : `[ ${Array.from(value, short).join(', ')} ]`,
    );
  };
  new Function('console', `{ ${imported} }`, body)({ log }, policyLoss);

  expect(lines).toEqual(claims);
  expect(lines).toHaveLength(2);
});
