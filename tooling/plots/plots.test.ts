import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alarmsOf, type MetricsRecord } from '@grpo/trainer';
import { expect, it } from 'vitest';
import { figure } from './figure.mjs';
import { readRun, root, watchedFigures } from './watched.mjs';

interface Watched {
  readonly name: string;
  readonly metrics: Readonly<Record<string, readonly number[]>>;
  readonly alarms: readonly unknown[];
}
const names = ['healthy', 'learning-rate', 'length', 'equal-groups', 'entropy'];
const page = readFileSync(join(root, 'docs/guides/watch.md'), 'utf8');

/** The records of which a run's numbers are the columns. */
function recordsOf({ metrics }: Watched): MetricsRecord[] {
  const [steps = []] = Object.values(metrics);
  return steps.map((_, i) => ({
    ...Object.fromEntries(Object.entries(metrics).map(([name, values]) => [name, values[i]])),
    step: i + 1,
  }));
}

it.each(watchedFigures())('%s is drawn from the data', (path, text) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  expect(page).toContain(`](${path.replace('docs/guides/', '')})`);
});

it.each(names)('the alarms of the run %s are those that its records set off', (name) => {
  const run: Watched = readRun(name);
  const records = recordsOf(run);
  const alarms = records.flatMap((_, i) => alarmsOf(records.slice(0, i + 1)));
  expect(run.alarms).toEqual(alarms);

  const first = new Map<string, number>();
  for (const { alarm, step } of alarms) if (!first.has(alarm)) first.set(alarm, step);
  const said = [...first].map(([alarm, step]) => `\`${alarm}\` (${step})`).join(', ') || 'none';
  const row = new RegExp(`^\\| \`${name}\` \\|.*\\| ([^|]*) \\|$`, 'm').exec(page);
  expect(row?.[1]).toBe(said);
});

it('a line goes from the first step at the left to the last at the right, higher values higher up', () => {
  const text = figure([{ title: 'a < b', lines: [{ name: 'x', values: [0, 1, 2] }] }]);
  expect(text).toContain('d="M44 126L141 76L238 26"');
  expect(text).toContain('a &lt; b');
});
