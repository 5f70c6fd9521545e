import { answerFinder } from './answer-tag.js';
import { runCode } from './code/run-code.js';
import { createSlots } from './code/slots.js';
import { excerpt } from './excerpt.js';
import { rowColumn } from './row-column.js';
import type { CodeLimits, CodeTest, Reward } from './types.js';

/** The last fenced block of JavaScript, or of no named language. */
const FENCE = /```(?:js|javascript|mjs)?[ \t]*\r?\n((?:(?!```)[\s\S])*?)```/g;

/** Options of `codeTests`. */
export interface CodeTestsOptions extends CodeLimits {
  /** Column of the row that holds the tests, a list of `CodeTest`. Default `tests`. */
  readonly column?: string;
  /** Finds the program in the completion; its first group is the program. Default: the last fenced block. */
  readonly pattern?: RegExp;
  /** `share` of the tests that pass, or 1 only if `all` pass. Default `share`. */
  readonly by?: 'share' | 'all';
  /** Sandboxes at once; each is a thread with its memory. Default 2. */
  readonly concurrency?: number;
}

/**
 * Rewards JavaScript that passes the tests of the row:
 *
 *     r = tests passed / tests        or, by all, 1 if every test passed, else 0
 *
 * A test calls a function of the program, `{ call: 'add', args: [1, 2], returns: 3 }`, or gives it text and looks at
 * what it prints, `{ input: '1 2', output: '3' }` (`readline()`, `input`, `console.log`). Programs run in QuickJS, an
 * optional peer (quickjs-emscripten), in a thread of their own, each test in a new machine: no host, no network, no
 * timers; limits of time, memory and output. What a test expects is compared outside, where the program cannot see it.
 * A test that finishes the sandbox off fails, and with it those after it.
 *
 * @returns a reward from 0 to 1, with the part `passed`, a count; 0 without a program; `null` where the row has no tests
 * @throws RangeError for options out of range; the reward throws if the row's tests are no list of tests, and if
 * quickjs-emscripten is not installed
 * @example
 * codeTests({ timeMs: 500 }); // { name: 'codeTests', fn }
 */
export function codeTests({
  column = 'tests',
  pattern = FENCE,
  by = 'share',
  concurrency = 2,
  ...limits
}: CodeTestsOptions = {}): Reward {
  checkLimits({ concurrency, ...limits });
  const find = answerFinder('codeTests', pattern);
  const slots = createSlots(concurrency);
  return {
    name: 'codeTests',
    fn: async ({ completion, row }, { signal } = {}) => {
      const tests = testsOf(rowColumn('codeTests', row, column));
      if (tests.length === 0) return null;
      const program = find(completion);
      if (program === undefined) return { value: 0, parts: { passed: 0 } };
      const results = await slots(() => runCode(program, tests, { ...limits, signal }), signal);
      const passed = results.filter((result) => result.passed).length;
      const value = by === 'all' ? Number(passed === tests.length) : passed / tests.length;
      return { value, parts: { passed } };
    },
  };
}

function testsOf(value: unknown): readonly CodeTest[] {
  if (value === null || value === undefined) return [];
  const wrong = Array.isArray(value) ? value.find((test) => !isTest(test)) : value;
  if (wrong === undefined) return value as readonly CodeTest[];
  throw new Error(
    'codeTests: the tests of the row must be a list of { call, args, returns } and { input, output }, ' +
      `got ${excerpt(JSON.stringify(wrong) ?? String(wrong))}. Map the row's tests to that form.`,
  );
}

function isTest(value: unknown): value is CodeTest {
  if (typeof value !== 'object' || value === null) return false;
  const { call, args, input, output } = value as Readonly<Record<string, unknown>>;
  const isCall = typeof call === 'string' && Array.isArray(args) && 'returns' in value;
  return isCall || (typeof input === 'string' && typeof output === 'string');
}

function checkLimits(limits: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(limits)) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      throw new RangeError(
        `codeTests: ${name} must be an integer of at least 1, got ${value}. Leave it out for the default.`,
      );
    }
  }
}
