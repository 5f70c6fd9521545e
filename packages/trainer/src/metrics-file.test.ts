import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { appendMetrics, keepMetricsUpTo, readMetrics } from './metrics-file.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-metrics-'));
afterAll(() => rmSync(scratch, { recursive: true }));

test('records are read back in order; a last line cut short by a crash is left out', () => {
  const path = join(scratch, 'torn.jsonl');
  appendMetrics(path, { step: 1, reward: 0.5 });
  appendMetrics(path, { step: 2, reward: 0.75 });
  appendFileSync(path, '{"step":3,"rew');
  expect(readMetrics(path)).toEqual([
    { step: 1, reward: 0.5 },
    { step: 2, reward: 0.75 },
  ]);
});

test('a damaged line in the middle is an error with file and place', () => {
  const path = join(scratch, 'damaged.jsonl');
  writeFileSync(path, '{"step":1}\nnonsense\n{"step":2}\n');
  expect(() => readMetrics(path)).toThrow(`at byte 11 of ${path}`);
});

test('a resume keeps the records up to its checkpoint', () => {
  const path = join(scratch, 'kept.jsonl');
  for (const step of [1, 2, 3]) appendMetrics(path, { step });
  keepMetricsUpTo(path, 2);
  expect(readFileSync(path, 'utf8')).toBe('{"step":1}\n{"step":2}\n');
});

test('a file that is not there has no records', () => {
  expect(readMetrics(join(scratch, 'nowhere.jsonl'))).toEqual([]);
});
