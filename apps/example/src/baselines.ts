/**
 * What a baseline is worth: the demo's task, trained with each, from the same warm start per seed. All else is
 * the same, the scaling too; only the line in this table differs.
 *
 *   npm run baselines [-- --seeds 1,2,3 --steps 50 --prompts 16 --warm-steps 250 --held-out 512 --out runs/baselines --resume]
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { initBackend } from '@grpo/tensor';
import { type Arm, prepare, trainArm } from './arm.js';
import { accuracy } from './experiment.js';
import { markdownTable, spreadOf } from './table.js';

/** A = (R − b) / σ of the batch: b by name. The last is no baseline of completions but of tokens. */
const relativeTo = (baseline: string) => ({
  name: 'group-relative',
  baseline,
  scaling: 'batch-std',
});
const ARMS: Readonly<Record<string, Arm>> = {
  none: { advantage: relativeTo('none') },
  'group mean': { advantage: relativeTo('group-mean') },
  'group median': { advantage: relativeTo('group-median') },
  'global mean': { advantage: relativeTo('global-mean') },
  'leave one out': { advantage: relativeTo('leave-one-out') },
  'moving average': { advantage: relativeTo('moving-average') },
  'length-weighted (OPO)': { advantage: relativeTo('length-weighted') },
  'greedy rollout (ReMax)': { advantage: relativeTo('greedy-rollout'), usesGreedyRollouts: true },
  'learned, per completion': { advantage: relativeTo('learned'), hasCritic: true },
  'learned, per token (GAE)': { advantage: 'gae', hasCritic: true },
};

const { values: args } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    steps: { type: 'string', default: '50' },
    prompts: { type: 'string', default: '16' },
    'warm-steps': { type: 'string', default: '250' },
    'held-out': { type: 'string', default: '512' },
    out: { type: 'string', default: 'runs/baselines' },
    resume: { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('../../..', import.meta.url));
const out = resolve(root, args.out);
const seeds = args.seeds.split(',').map(Number);
const [steps, prompts] = [Number(args.steps), Number(args.prompts)];

const { name: backend, description } = await initBackend();
console.log(`Backend: ${description}. Folder: ${relative('.', out) || out}`);
if (!args.resume) rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const warmStarts: number[] = []; // [seeds]
const accuracies = new Map(Object.keys(ARMS).map((name) => [name, [] as number[]])); // [seeds] each
for (const seed of seeds) {
  const folder = join(out, `seed-${seed}`);
  const warmSteps = Number(args['warm-steps']);
  const start = await prepare(folder, { seed, warmSteps, heldOut: Number(args['held-out']) });
  warmStarts.push(await accuracy(start.model, start.heldOut));
  for (const [name, arm] of Object.entries(ARMS)) {
    const run = join(folder, name.replaceAll(/[^a-z]+/gi, '-').replace(/-$/, ''));
    const result = await trainArm(arm, start, { steps, prompts, folder: run });
    accuracies.get(name)?.push(result.accuracy);
    console.log(`seed ${seed}  ${name.padEnd(26)} ${(100 * result.accuracy).toFixed(1)} %`);
  }
}

const rows = [['warm start', warmStarts] as const, ...accuracies].map(([name, shares]) => ({
  name,
  ...spreadOf(shares),
  accuracies: shares,
}));
console.log(`\n${markdownTable(rows, seeds)}`);
const [warmStart, ...baselines] = rows;
const summary = { backend, seeds, steps, prompts, warmStart, baselines };
writeFileSync(join(out, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
