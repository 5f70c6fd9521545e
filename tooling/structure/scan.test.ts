import { expect, it } from 'vitest';
import { scan } from './scan.js';

function imports(text: string) {
  return scan('a.ts', text).imports.map(({ specifier, isTypeOnly }) => [specifier, isTypeOnly]);
}

it.each([
  ["import { a } from 'x';", false],
  ["import x from 'x';", false],
  ["import * as x from 'x';", false],
  ["import 'x';", false],
  ["import { type A } from 'x';", false], // the compiler keeps `import {} from 'x'`
  ["import { type A, b } from 'x';", false],
  ["export * from 'x';", false],
  ["export { type A } from 'x';", false],
  ["const x = await import('x');", false],
  ["const x = require('x');", false],
  ["import x = require('x');", false],
  ["import type { A } from 'x';", true],
  ["import type * as x from 'x';", true],
  ["export type { A } from 'x';", true],
  ["export type * from 'x';", true],
  ["let a: import('x').A;", true],
])('%s', (text, isTypeOnly) => {
  expect(imports(text)).toEqual([['x', isTypeOnly]]);
});

it('reads no import from comments, strings and computed names', () => {
  const text = "// import 'a';\nconst b = `import 'b'`;\nconst c = await import(name);";
  expect(imports(text)).toEqual([]);
});

it('says on which line an import stands', () => {
  expect(scan('a.ts', "// header\n\nimport 'x';").imports[0]?.line).toBe(3);
});

it('takes a clock that is read and a clock that is handed on, but not a date that is given', () => {
  const { draws } = scan('a.ts', 'f(Date.now); globalThis.Math.random(); new Date(0);');
  expect(draws.map(({ what }) => what)).toEqual(['Date.now', 'Math.random']);
});
