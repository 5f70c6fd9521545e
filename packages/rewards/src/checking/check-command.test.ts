import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkCommand } from './check-command.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grpo-check-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function check(module: string, lines: string, ...more: readonly string[]) {
  const modulePath = join(folder, `${Math.random()}.mjs`.slice(2));
  const episodesPath = join(folder, 'episodes.jsonl');
  await writeFile(modulePath, module);
  await writeFile(episodesPath, lines);
  return run(modulePath, episodesPath, ...more);
}

async function run(...args: readonly string[]) {
  const out: string[] = [];
  const error: string[] = [];
  const code = await checkCommand(args, {
    out: (text) => out.push(text),
    error: (text) => error.push(text),
  });
  return { code, out: out.join('\n'), error: error.join('\n') };
}

const LINES = '{"completion":"a"}\n{"completion":"abc"}';
const LENGTH =
  "export const length = { name: 'length', fn: ({ completion }) => completion.length };";

test('rewards of a module are checked and the report is printed', async () => {
  const { code, out, error } = await check(LENGTH, LINES);
  expect({ code, error }).toEqual({ code: 0, error: '' });
  expect(out).toContain('2 episodes');
  expect(out).toContain('highest      3 episode 1: "abc"');
});

test('lists and functions that make rewards count, and the report can be JSON', async () => {
  const module = `
    const length = { name: 'length', fn: ({ completion }) => completion.length };
    export const list = [length, { name: 'group', groupFn: (all) => all.map(() => null) }];
    export const make = () => ({ name: 'made', fn: () => 1 });
    export const helper = (x) => x;
    export const other = 7;`;
  const { out } = await check(module, LINES, '--json', '--ends', '1');
  const report = JSON.parse(out);
  expect(report.rewards.map(({ name }: { name: string }) => name)).toEqual([
    'length',
    'group',
    'made',
  ]);
  expect(report.rewards[0].best).toHaveLength(1);
});

test('a module can be imported in another way', async () => {
  const episodes = join(folder, 'episodes.jsonl');
  await writeFile(episodes, LINES);
  const out: string[] = [];
  const write = { out: (text: string) => out.push(text), error: (text: string) => out.push(text) };
  const load = async (path: string) => ({ made: { name: `from ${path}`, fn: () => 1 } });
  expect(await checkCommand(['elsewhere.ts', episodes], write, { load })).toBe(0);
  expect(out.join()).toContain('from elsewhere.ts');
});

test('a reward that fails exits with 1, after the report', async () => {
  const module = "export const bad = { name: 'bad', fn: () => NaN };";
  const { code, out } = await check(module, LINES);
  expect(code).toBe(1);
  expect(out).toContain('2 invalid');
});

test.each([
  ['a module without rewards', 'export const x = 1;', LINES, 'needs to export a reward'],
  ['a module that cannot be read', 'export const', LINES, 'grpo-check-reward: '],
  ['episodes that cannot be read', LENGTH, '{', 'episodes.jsonl:1'],
])('%s exits with 2 and says what is wrong', async (_, module, lines, message) => {
  const { code, error } = await check(module, lines);
  expect(code).toBe(2);
  expect(error).toContain(message);
});

test('wrong arguments exit with 2 and show the usage; help exits with 0', async () => {
  expect((await run()).error).toContain('Usage: grpo-check-reward');
  expect((await run('--wrong')).code).toBe(2);
  expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('Usage') });
  expect((await check(LENGTH, LINES, '--ends', 'x')).code).toBe(2);
});
