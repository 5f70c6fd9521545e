/** A command that trains a task with several seeds, and controls beside them, and says what came of it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { initBackend } from '@grpo/tensor';
import { markdownTable, type Row, spreadOf } from './table.js';
import { trainArm, type WordTask } from './word-task.js';

/** Reads the flags `--seeds 1,2,3 --controls 1 --steps N --out FOLDER --resume`, runs the arms and prints a table. */
export async function compareWithControl(
  task: WordTask,
  { name, steps, head }: { readonly name: string; readonly steps: number; readonly head: string },
): Promise<void> {
  const { values: args } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1,2,3' },
      controls: { type: 'string', default: '1' },
      steps: { type: 'string', default: String(steps) },
      out: { type: 'string', default: `runs/${name}` },
      resume: { type: 'boolean', default: false },
    },
  });
  const out = resolve(fileURLToPath(new URL('../../..', import.meta.url)), args.out);
  const { description, name: backend } = await initBackend();
  console.log(`Backend: ${description}. Folder: ${relative('.', out) || out}`);
  if (!args.resume) rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });

  const numbers = (list: string) => (list === '' ? [] : list.split(',').map(Number));
  const seeds = numbers(args.seeds);
  const controls = numbers(args.controls);
  const shares = new Map<string, number>(); // by arm and seed
  const arms = [
    ...seeds.map((seed) => ({ seed, isControl: false })),
    ...controls.map((seed) => ({ seed, isControl: true })),
  ];
  for (const { seed, isControl } of arms) {
    const started = performance.now();
    const folder = join(out, `seed-${seed}`);
    const told = await trainArm(task, { seed, isControl, steps: Number(args.steps), folder });
    if (told.records.length < Number(args.steps)) {
      console.log(`Stopped after step ${told.records.length}. Go on with --resume.`);
      return;
    }
    const arm = isControl ? 'shuffled rewards' : 'GRPO';
    shares.set(`before ${seed}`, told.before);
    shares.set(`${arm} ${seed}`, told.after);
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(
      `Seed ${seed}, ${arm}: ${told.before.toFixed(3)} -> ${told.after.toFixed(3)}, ${seconds} s.`,
    );
  }
  const rowOf = (arm: string, of: readonly number[]): Row => {
    const accuracies = of.map((seed) => shares.get(`${arm} ${seed}`) ?? Number.NaN);
    return { name: arm, accuracies, ...spreadOf(accuracies) };
  };
  const rows = [rowOf('before', seeds), rowOf('GRPO', seeds)];
  const control = controls.length > 0 ? [rowOf('shuffled rewards', controls)] : [];
  const summary = { backend, seeds, controls, rows: [...rows, ...control] };
  writeFileSync(join(out, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  console.log(markdownTable(rows, seeds, ['model', head]));
  if (control.length > 0) console.log(markdownTable(control, controls, ['control', head]));
}
