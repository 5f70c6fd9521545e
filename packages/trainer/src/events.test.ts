import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fileLog, type RunEvent } from './events.js';
import { readJsonLines } from './json-lines.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-events-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const event: RunEvent = {
  time: '2026-01-01T00:00:00.000Z',
  level: 'warning',
  event: 'alarm',
  step: 3,
  message: 'KL is 12 nats.',
  fields: { alarm: 'kl', value: 12 },
};

test('events are lines that a program can read', () => {
  const path = join(scratch, 'events.jsonl');
  const log = fileLog(path);
  log(event);
  log({ ...event, step: 4 });
  const events = [...readJsonLines<RunEvent>(path)].map(({ record }) => record);
  expect(events).toEqual([event, { ...event, step: 4 }]);
});

test('a log that cannot be written costs no more than itself', () => {
  const errors: unknown[] = [];
  fileLog(join(scratch, 'no', 'such', 'folder'), (error) => errors.push(error))(event);
  expect(String(errors[0])).toContain('ENOENT');
});
