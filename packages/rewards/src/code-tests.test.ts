import { expect, test } from 'vitest';
import { codeTests } from './code-tests.js';
import type { Episode } from './types.js';

const tests = [
  { call: 'double', args: [2], returns: 4 },
  { call: 'double', args: [-1], returns: -2 },
  { call: 'double', args: ['a'], returns: 'aa' },
];
function episode(completion: string, row: Episode['row'] = { tests }): Episode {
  return { messages: [], completion, row, environmentReward: 0, end: 'terminated' };
}
const fenced = (code: string) => `Here it is:\n\`\`\`js\n${code}\n\`\`\`\nDone.`;

test('the reward is the share of tests that pass', async () => {
  const half = episode(fenced('const double = (x) => 2 * x;'));
  expect(await codeTests().fn(half)).toEqual({ value: 2 / 3, parts: { passed: 2 } });
  expect(await codeTests({ by: 'all' }).fn(half)).toEqual({ value: 0, parts: { passed: 2 } });
});

test('the last block is the program', async () => {
  const both = `${fenced('nonsense(')}\n${fenced('const double = (x) => x + x;')}`;
  expect(await codeTests({ by: 'all' }).fn(episode(both))).toMatchObject({ value: 1 });
});

test('a completion without a program gets 0, a row without tests null', async () => {
  expect(await codeTests().fn(episode('const double = 2'))).toMatchObject({ value: 0 });
  expect(await codeTests().fn(episode(fenced(''), { tests: [] }))).toBeNull();
  expect(await codeTests().fn(episode(fenced(''), { tests: null }))).toBeNull();
});

test.each([[[{ call: 'f' }]], [[1]], ['f(1) === 2'], [[{ input: 1, output: '' }]]])(
  'tests such as %j are an error',
  async (wrong) => {
    await expect(codeTests().fn(episode(fenced(''), { tests: wrong }))).rejects.toThrow(
      'codeTests: the tests of the row must be a list of { call, args, returns }',
    );
  },
);

test.each([{ timeMs: 0 }, { concurrency: 1.5 }, { memoryMiB: Number.NaN }])(
  'options such as %o are refused',
  (options) => {
    expect(() => codeTests(options)).toThrow('must be an integer of at least 1');
  },
);

test('ten programs of which a fifth hang are each judged once', async () => {
  const { fn } = codeTests({ timeMs: 1000 });
  const programs = Array.from({ length: 10 }, (_, i) =>
    fenced(i % 5 === 0 ? 'for (;;);' : 'const double = (x) => x + x;'),
  );
  const values = await Promise.all(programs.map((program) => fn(episode(program))));
  expect(values).toEqual(
    programs.map((_, i) =>
      i % 5 === 0 ? { value: 0, parts: { passed: 0 } } : { value: 1, parts: { passed: 3 } },
    ),
  );
});
