import { describe, expect, test } from 'vitest';
import { runCode } from './run-code.js';

const call = (returns: unknown = 1) => ({ call: 'f', args: [1], returns });
const reasonOf = async (program: string, limits: Parameters<typeof runCode>[2] = {}) => {
  const [result] = await runCode(program, [call()], { timeMs: 1000, ...limits });
  return result.passed ? 'passed' : result.reason;
};

describe('results', () => {
  test('each test is judged by itself', async () => {
    const add = 'function add(a, b) { if (a > 5) throw new Error("big"); return a + b; }';
    const tests = [
      { call: 'add', args: [1, 2], returns: 3 },
      { call: 'add', args: [1, 2], returns: 4 },
      { call: 'add', args: [9, 2], returns: 11 },
      { call: 'sub', args: [9, 2], returns: 7 },
    ];
    expect(await runCode(add, tests)).toEqual([
      { passed: true },
      { passed: false, reason: 'gave 3' },
      { passed: false, reason: 'threw Error: big' },
      { passed: false, reason: "threw ReferenceError: 'sub' is not defined" },
    ]);
  });

  test.each([
    ['an arrow', 'const f = (x) => x;', 1],
    ['an async function', 'async function f(x) { await null; return { x }; }', { x: 1 }],
    ['a method', 'const f = new (class { g(x) { return [x, "é"]; } })().g;', [1, 'é']],
    ['decimals', 'const f = () => 0.1 + 0.2;', 0.3],
    ['nothing', 'function f() {}', null],
  ])('%s is called and its value compared', async (_, program, returns) => {
    expect(await runCode(program, [call(returns)])).toEqual([{ passed: true }]);
  });

  test('text goes in by readline and input, and out by console.log', async () => {
    const program = 'const n = +readline(); console.log(n * 2); print(input.length, [n]);';
    const tests = [
      { input: '21\n', output: '42\n3 [21]' },
      { input: '1\n', output: '3' },
    ];
    expect(await runCode(program, tests)).toEqual([
      { passed: true },
      { passed: false, reason: 'gave 2\n2 [1]\n' },
    ]);
  });

  test('nothing is kept from one test to the next', async () => {
    const program =
      'globalThis.n = (globalThis.n ?? 0) + 1; Array.prototype.x = n; const f = () => n;';
    expect(await runCode(program, [call(), call()])).toEqual([{ passed: true }, { passed: true }]);
  });
});

describe('a program cannot reach the host', () => {
  const ways = [
    'process',
    'require',
    'Worker',
    'fetch',
    'setTimeout',
    'WebAssembly',
    'os',
    'globalThis.process.exit()',
    'globalThis.constructor.constructor("return process")()',
    '(async () => {}).constructor("return process")()',
    'console.log.constructor("return process")()',
    'print.constructor.constructor("return require")()("fs")',
    'std',
  ];

  test('no name and no constructor leads out', async () => {
    const program = 'async function reach(code) { await (0, eval)(code); return 1; }';
    const results = await runCode(
      program,
      ways.map((way) => ({ call: 'reach', args: [way], returns: 1 })),
    );
    for (const [i, result] of results.entries()) {
      expect(result.passed ? 'passed' : result.reason, ways[i]).toMatch(
        /^threw (Reference|Type)Error/,
      );
    }
  });

  test('import is refused', async () => {
    expect(await reasonOf('import fs from "fs"; const f = () => 1;')).toMatch(/^threw/);
    expect(await reasonOf('const f = () => import("fs").then(() => 1);')).toMatch(/^threw/);
  });

  test('an error that escapes from the sandbox’s own functions has nothing of the host', async () => {
    const program = `function f() { try { print('x'.repeat(100_000)) } catch (e) {
      return e.constructor.constructor('return typeof process + typeof require')() } }`;
    expect(await reasonOf(program)).toContain('printed more than');
  });

  test('what a test expects is nowhere to be found', async () => {
    const program = 'const f = () => JSON.stringify(Object.getOwnPropertyNames(globalThis));';
    const [result] = await runCode(program, [call('SECRET')]);
    expect(result.passed ? '' : result.reason).not.toContain('SECRET');
  });

  test('a program that rewrites JSON, equality and prototypes passes no test by it', async () => {
    const program = `JSON.stringify = () => '1'; Object.is = () => true; Number.prototype.valueOf = () => 1;
      Object.prototype.toJSON = () => 1; const f = () => 2;`;
    expect(await reasonOf(program)).toBe('gave 2');
  });
});

describe('limits', () => {
  test.each([
    ['an endless loop', 'while (true);', /longer than 1000 ms/],
    ['an endless call', 'const f = () => { for (;;); };', /longer than 1000 ms/],
    [
      'endless jobs',
      'const f = async () => { for (;;) await null; };',
      /longer|never settled|ended/,
    ],
    ['a promise that never settles', 'const f = () => new Promise(() => {});', /never settled/],
    ['endless recursion', 'const f = () => f() + 1;', /threw (Internal|Range)Error/],
    ['a text that doubles', 'let s = "ab"; for (;;) s += s;', /threw|longer/],
    ['one huge buffer', 'new ArrayBuffer(2 ** 31);', /threw/],
    ['many arrays', 'const a = []; for (;;) a.push(new Array(1e6).fill(a));', /threw|longer/],
    ['a regular expression that explodes', '/^(a+)+$/.test("a".repeat(40) + "b");', /longer|threw/],
    ['output without end', 'for (;;) print("x".repeat(1000));', /printed more than 65536/],
    ['a huge result', 'const f = () => "x".repeat(1e6);', /returned more than 65536/],
    [
      'a result in a circle',
      'const f = () => { const a = []; a.push(a); return a; };',
      /TypeError/,
    ],
    [
      'a deep result',
      'const f = () => { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a; };',
      /threw|ended|longer/,
    ],
    ['a syntax error', 'function f( {', /SyntaxError/],
    ['a thrown null', 'throw null;', /threw null/],
    ['an error with a trap', 'throw { get message() { for (;;); } };', /threw|longer|ended/],
  ])('%s ends in a reason', async (_, program, reason) => {
    expect(await reasonOf(program)).toMatch(reason);
  });

  test('an aborted run rejects with the reason, and its thread is ended', async () => {
    const controller = new AbortController();
    const running = runCode('for (;;);', [call()], { timeMs: 60_000, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('stop the run')), 50);
    await expect(running).rejects.toThrow('stop the run');
    await expect(runCode('', [call()], { signal: controller.signal })).rejects.toThrow('stop');
  });
});
