/**
 * The demo's task with a learned critic: PPO, advantages per token by generalised advantage estimation.
 *
 *   npm run ppo [-- --seed 1 --out runs/ppo --steps 100 --prompts 32 --warm-steps 250 --held-out 512]
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { initBackend } from '@grpo/tensor';
import { progressBar } from '@grpo/trainer';
import { type Arm, prepare, trainArm } from './arm.js';
import { accuracy, percent } from './experiment.js';

const { values: args } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'runs/ppo' },
    steps: { type: 'string', default: '100' },
    prompts: { type: 'string', default: '32' },
    'warm-steps': { type: 'string', default: '250' },
    'held-out': { type: 'string', default: '512' },
  },
});
const root = fileURLToPath(new URL('../../..', import.meta.url));
const out = resolve(root, args.out);
const seed = Number(args.seed);
const steps = Number(args.steps);

const PPO: Arm = { advantage: { name: 'gae', lambda: 0.95 }, hasCritic: true };

const { name: backend, description } = await initBackend();
console.log(`Backend: ${description}. Seed: ${seed}. Folder: ${relative('.', out) || out}`);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const warmSteps = Number(args['warm-steps']);
const start = await prepare(out, { seed, warmSteps, heldOut: Number(args['held-out']) });
const accuracyWarmStart = await accuracy(start.model, start.heldOut);
console.log(`After the warm start: ${percent(accuracyWarmStart)} of the held-out problems.`);

const { accuracy: accuracyAfter, records } = await trainArm(PPO, start, {
  steps,
  prompts: Number(args.prompts),
  folder: join(out, 'ppo'),
  trackers: [progressBar(steps)],
});
console.log(`After PPO: ${percent(accuracyAfter)} of the held-out problems.`);
const summary = {
  backend,
  seed,
  steps,
  accuracyWarmStart,
  accuracyAfter,
  heldOutProblems: start.heldOut.tasks.length,
  explainedVariance: records.map((record) => record['value/explained_variance']),
};
writeFileSync(join(out, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
