import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { resolveConfig } from './config.js';
import { configFromFile, configFromFlags } from './config-overrides.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-config-'));
afterAll(() => rmSync(scratch, { recursive: true }));
function file(text: string): string {
  const path = join(scratch, 'config.json');
  writeFileSync(path, text);
  return path;
}

test('flags are fields in either spelling; other arguments are handed back', () => {
  const args = [
    'run',
    '--learning-rate',
    '1e-5',
    '--maxSteps=10',
    '--sync-ref-model',
    '--out',
    'x',
    '--optim',
    'lion',
  ];
  expect(
    configFromFlags([...args, '--no-log-completions', '--micro-batch-size', 'Infinity']),
  ).toEqual({
    config: {
      learningRate: 1e-5,
      maxSteps: 10,
      syncRefModel: true,
      optim: 'lion',
      logCompletions: false,
      microBatchSize: Number.POSITIVE_INFINITY,
    },
    rest: ['run', '--out', 'x'],
  });
});

test.each([
  [['--seed'], '--seed needs a whole number of at least 0, got nothing'],
  [['--seed', 'one'], "seed needs a whole number of at least 0, got 'one'"],
  [['--seed='], "seed needs a whole number of at least 0, got ''"],
  [['--top-p=2'], 'topP needs a number above 0, up to 1, got 2'],
  [['--sync-ref-model=yes'], "syncRefModel needs true or false, got 'yes'"],
  [['--lr-scheduler-type', 'step'], "needs one of constant, linear, cosine, got 'step'"],
])('%o is refused', (args, message) => {
  expect(() => configFromFlags(args)).toThrow(message);
});

test('a stored configuration is read as it was resolved', () => {
  const config = resolveConfig({ maxSteps: 7, topK: 3 });
  expect(configFromFile(file(JSON.stringify(config)))).toEqual(config);
});

test.each([
  ['{"maxSteps":', 'configFromFile: needs JSON in'],
  ['[1]', 'needs one JSON object in'],
  ['null', 'needs one JSON object in'],
  ['{"maxSteps":"7"}', "maxSteps needs a whole number of at least 1, got '7'"],
  ['{"seed":null}', 'seed needs a whole number of at least 0, got null'],
  ['{"__proto__":1,"max_steps":2}', 'needs known fields, got'],
])('the file %s is refused with its name', (text, message) => {
  const path = file(text);
  expect(() => configFromFile(path)).toThrow(message);
  expect(() => configFromFile(path)).toThrow(path);
});

test('a file that is not there is refused with its name', () => {
  expect(() => configFromFile(join(scratch, 'none.json'))).toThrow('none.json');
});
