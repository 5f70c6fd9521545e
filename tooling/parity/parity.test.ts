import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as advantage from '@grpo/advantage';
import * as policyLoss from '@grpo/policy-loss';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareFolder } from './compare-folder.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = { advantage, policyLoss };
const fixture = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-parity-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A folder with the first case of a file, changed. */
function withCase(path: string, change: (one: Record<string, never>) => object) {
  const { kind, cases } = fixture(path);
  writeFileSync(
    join(folder, 'one.json'),
    JSON.stringify({ kind, cases: [{ ...cases[0], ...change(cases[0]) }] }),
  );
  return compareFolder(folder, packages);
}

describe('parity', () => {
  it.each([
    ['packages/advantage/fixtures', 37],
    ['packages/policy-loss/fixtures', 56],
  ])('every case of %s passes', (path, count) => {
    const { lines, passed, failed } = compareFolder(join(root, path), packages);
    expect(lines.filter((line) => line.startsWith('FAIL'))).toEqual([]);
    expect({ passed, failed }).toEqual({ passed: count, failed: 0 });
  });

  it('prints the largest error of each output', () => {
    const { lines } = withCase('packages/policy-loss/fixtures/policy-loss.json', () => ({}));
    expect(lines).toEqual([
      expect.stringMatching(
        /^pass {2}policy-loss: base\/grpo\/token {2}loss \S+ {2}gradient \S+ {2}metrics \S+$/,
      ),
    ]);
  });

  it.each([
    ['packages/policy-loss/fixtures/policy-loss.json', 'loss', (value: number) => value + 2e-9],
    ['packages/policy-loss/fixtures/policy-loss.json', 'loss', () => null],
    [
      'packages/policy-loss/fixtures/policy-loss.json',
      'grad_logps',
      (rows: number[][]) => rows.slice(1),
    ],
    [
      'packages/policy-loss/fixtures/policy-loss.json',
      'metrics',
      () => ({ 'clip_ratio/low_mean': 0.5 }),
    ],
    ['packages/policy-loss/fixtures/policy-loss.json', 'metrics', () => ({ unknown: 0 })],
    ['packages/policy-loss/fixtures/policy-loss.json', 'metrics', () => ({ entropy: null })],
    ['packages/policy-loss/fixtures/policy-loss.json', 'advantages', () => [1]],
    [
      'packages/advantage/fixtures/grpo-advantages.json',
      'advantages',
      (A: number[]) => A.map((a) => a + 1e-7),
    ],
    ['packages/advantage/fixtures/rloo-advantages.json', 'metrics', () => ({ reward: 0 })],
    [
      'packages/advantage/fixtures/gae.json',
      'returns',
      (rows: number[][]) => rows.map((r) => r.map(() => 0)),
    ],
  ])('a case of %s whose %s is wrong fails', (path, field, wrong) => {
    const { lines, passed, failed } = withCase(path, (one) => ({ [field]: wrong(one[field]) }));
    expect(lines[0]).toMatch(/^FAIL/);
    expect({ passed, failed }).toEqual({ passed: 0, failed: 1 });
  });

  it('skips files of other kinds, and says so', () => {
    writeFileSync(join(folder, 'other.json'), JSON.stringify({ kind: 'models', cases: [] }));
    writeFileSync(join(folder, 'notes.md'), '');
    expect(compareFolder(folder, packages)).toEqual({
      lines: ["skip  other.json: no comparison for the kind 'models'"],
      passed: 0,
      failed: 0,
    });
  });
});
