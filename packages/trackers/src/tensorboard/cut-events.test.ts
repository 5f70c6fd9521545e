import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cutEvents } from './cut-events.js';
import { scalarsEvent, startEvent, textEvent, versionEvent } from './events.js';
import { tfRecord } from './tf-record.js';

let path = '';
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'grpo-cut-')), 'events');
});
afterEach(() => rmSync(join(path, '..'), { recursive: true, force: true }));

const opening = [versionEvent(1), startEvent(1, 0), textEvent(1, 'config', '{}')].map(tfRecord);
const steps = [1, 127, 128, 70_000].map((step) =>
  tfRecord(scalarsEvent({ step, timeMs: 1, values: { a: step } })),
);

it.each([
  { step: 0, kept: 0 },
  { step: 1, kept: 1 },
  { step: 127, kept: 2 },
  { step: 69_999, kept: 3 },
  { step: 70_000, kept: 4 },
])('after step $step, $kept of four steps are kept', async ({ step, kept }) => {
  writeFileSync(path, Buffer.concat([...opening, ...steps]));
  await cutEvents(path, step);
  expect(readFileSync(path)).toEqual(Buffer.concat([...opening, ...steps.slice(0, kept)]));
});
