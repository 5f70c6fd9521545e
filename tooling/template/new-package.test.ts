import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checks } from '../structure/checks/index.js';
import { type Levels, levels } from '../structure/levels.js';
import { describeRepo, readFiles } from '../structure/repo.js';
import { newPackage } from './new-package.mjs';

const home = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = [
  'package.json',
  'biome.json',
  'vitest.config.ts',
  'tooling/structure',
  'tooling/template',
  'tooling/tsconfig',
  // Of the packages that are there, in packages or apps, their names and version are all that counts.
  ...Object.keys(levels)
    .flatMap((id) => [`packages/${id}/package.json`, `apps/${id}/package.json`])
    .filter((path) => existsSync(join(home, path))),
];
const sound = { name: 'reward-model', level: '1', description: 'Rewards from a model' };
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'grpo-template-'));
  const filter = (path: string) => basename(path) !== 'node_modules';
  for (const path of COPIED)
    cpSync(join(home, path), join(root, path), { recursive: true, filter });
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** What the structure checks say about one package of the copy. */
async function violations(name: string): Promise<string[]> {
  const table: { levels: Levels } = await import(
    /* @vite-ignore */ join(root, 'tooling/structure/levels.ts')
  );
  const repo = describeRepo(readFiles(root), table.levels);
  return Object.values(checks)
    .flatMap((check) => check(repo))
    .filter((sentence) => sentence.includes(name));
}

describe('a new package', () => {
  it.each(['0', '1', '2', '3', '4'])('on level %s passes the structure checks', async (level) => {
    newPackage({ root, ...sound, level });
    expect(await violations('reward-model')).toEqual([]);
  });

  it('keeps the rows that were there, in the order of levels', async () => {
    newPackage({ root, ...sound });
    newPackage({ root, ...sound, name: 'logs', level: '4' });
    const table: { levels: Levels } = await import(
      /* @vite-ignore */ join(root, 'tooling/structure/levels.ts')
    );
    expect(table.levels).toEqual({
      ...levels,
      'reward-model': { level: 1, imports: [], types: [] },
      logs: { level: 4, imports: [], types: [] },
    });
    const order = Object.values(table.levels).map(({ level }) => level);
    expect(order).toEqual([...order].sort());
  });

  it('compiles, is formatted, and its test and the example of its README pass', () => {
    const written = newPackage({ root, ...sound });
    symlinkSync(join(home, 'node_modules'), join(root, 'node_modules'), 'junction');
    const run = (program: string, ...args: string[]) =>
      execFileSync(process.execPath, [join('node_modules', program), ...args], {
        cwd: root,
        encoding: 'utf8',
        stdio: 'pipe',
      });
    const build = 'packages/reward-model/tsconfig.build.json';
    run('typescript/bin/tsc', '-p', build, '--outDir', 'packages/reward-model/dist');
    run('@biomejs/biome/bin/biome', 'check', '--vcs-enabled=false', ...written);
    const tests = ['packages/reward-model', 'tooling/structure/readmes.test.ts'];
    const report = run('vitest/vitest.mjs', 'run', ...tests, '-t', 'maskedMean|reward-model');
    expect(report).toMatch(/Tests .*6 passed/);
  });
});

describe('what is refused, with nothing written', () => {
  it.each([
    ['no name', { name: undefined }, 'needs a name'],
    ['capitals', { name: 'RewardModel' }, 'lower-case words joined by hyphens, got "RewardModel"'],
    ['a path', { name: '../x' }, 'lower-case words'],
    ['a scope', { name: '@grpo/x' }, 'lower-case words'],
    ['an existing package', { name: 'tensor' }, '@grpo/tensor is already in packages'],
    ['a name that a tool has', { name: 'structure' }, '@grpo/structure is already in tooling'],
    ['no level', { level: undefined }, '--level needs a whole number from 0 to 4, got ""'],
    ['a level above 4', { level: '5' }, 'got "5"'],
    ['a level that is no number', { level: 'high' }, 'got "high"'],
    ['no description', { description: undefined }, '--description needs one sentence'],
    ['two sentences', { description: 'One. Two' }, 'got "One. Two"'],
  ])('%s', (_, change, sentence) => {
    const before = readFiles(root);
    expect(() => newPackage({ root, ...sound, ...change })).toThrow(sentence);
    expect(readFiles(root)).toEqual(before);
  });
});

describe('the command', () => {
  const command = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'tooling/template/new-package.mjs'), ...args], {
      encoding: 'utf8',
    });

  it('makes the package and says what to do next', () => {
    const { status, stdout } = command('logs', '--level', '3', '--description', 'Keeps logs.');
    expect(status).toBe(0);
    expect(stdout).toContain('pnpm.mjs install');
    const readme = readFileSync(join(root, 'packages/logs/README.md'), 'utf8');
    expect(readme).toMatch(/^# @grpo\/logs\n\nKeeps logs\.\n/);
  });

  it.each([
    [['logs', 'more', '--level', '3', '--description', 'x'], 'needs one name, got logs, more'],
    [['logs', '--levle', '3'], "'--levle'"],
    [['Logs', '--level', '3', '--description', 'x'], 'got "Logs"'],
  ])('ends with one clear line for %j', (args, sentence) => {
    const { status, stderr } = command(...args);
    expect(status).toBe(1);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain('    at ');
  });
});
