import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readJson } from './json-file.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-json-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const path = join(scratch, 'rows.json');
const file = (content: string) => {
  writeFileSync(path, content);
  return path;
};

test('the rows of a list become tasks that are named by their place', () => {
  const { name, tasks } = readJson(
    file('\ufeff[\r\n{"prompt":"1+1","answer":2},{"prompt":"x"}]\n'),
  );
  expect(name).toBe('rows.json');
  expect(tasks.map(({ id }) => id)).toEqual(['rows.json[0]', 'rows.json[1]']);
  expect(tasks[0].row).toEqual({ prompt: '1+1', answer: 2 });
});

test.each([
  ['{"prompt":"x"}', `needs a list of rows, got a JSON object in ${path}. Put the rows`],
  ['null', `needs a list of rows, got null in ${path}.`],
  ['[]', `needs at least one row, got none in ${path}.`],
  ['[{"prompt":"x"},{}]', `at ${path}[1], got no columns.`],
  ['[{"prompt":"x"},3]', `needs an object with columns at ${path}[1], got 3.`],
])('%s is one error that says where', (content, message) => {
  expect(() => readJson(file(content))).toThrow(message);
});

test('a file of JSON lines is told which reader it needs', () => {
  expect(() => readJson(file('{"prompt":"x"}\n{"prompt":"y"}\n'))).toThrow(
    /^readJson: needs JSON, got .* in .*rows\.json\. Correct the file; .* readJsonl\.$/,
  );
});

test('malformed rows can be skipped', () => {
  const { tasks, skipped } = readJson(file('[{"prompt":"x"},3]'), { onBadRow: 'skip' });
  expect(tasks).toHaveLength(1);
  expect(skipped).toEqual([{ at: 'rows.json[1]', reason: 'needs an object with columns, got 3' }]);
});
