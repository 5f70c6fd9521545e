// Exports an experiment to TRL, and trains it there: two processes, rewards and a tool environment in TypeScript.
//   npm run trl
// Needs a Python with torch, trl 1.13, transformers and accelerate: $GRPO_PYTHON, else python3. Without one it says so
// and is skipped.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../scripts/pnpm.mjs';

const STEPS = 3;
const SEQUENCES = 16; // 4 prompts, 4 generations each
const PROCESSES = 2;

const bin = join(root, 'packages/cli/dist/bin.js');
const maker = fileURLToPath(new URL('trl_tiny_model.py', import.meta.url));
const python = [process.env.GRPO_PYTHON, 'python3'].find(
  (candidate) =>
    candidate &&
    spawnSync(candidate, ['-c', 'import torch, trl, transformers, accelerate, datasets'], {
      stdio: 'ignore',
    }).status === 0,
);
if (python === undefined) {
  console.log(
    'trl check skipped: no Python with torch, trl and accelerate (GRPO_PYTHON names one)',
  );
  process.exit(0);
}

const CONFIG = `
import { toolEnv } from '@grpo/envs';
import { exactAnswer } from '@grpo/rewards';
const THINGS = ['tea', 'jam', 'rice', 'milk'];
const tasks = THINGS.map((thing, i) => ({
  id: \`shop:\${thing}\`,
  messages: [{ role: 'user', content: \`price of \${thing}\` }],
  row: { thing, answer: String((i % 3) + 1) },
}));
export default {
  model: 'model',
  dataset: { name: 'shop', tasks },
  env: toolEnv({
    tools: ({ row }) => ({
      tools: [{
        name: 'price',
        description: 'The price of a thing.',
        parameters: {
          type: 'object',
          properties: { thing: { type: 'string', description: 'Which thing.', enum: THINGS } },
          required: ['thing'],
        },
        execute: ({ thing }) => (thing === row.thing ? row.answer : 'unknown'),
      }],
    }),
    maxTurns: 3,
  }),
  rewards: [
    exactAnswer({ pattern: /(\\d)\\s*$/ }),
    { name: 'looksUp', weight: 0.5, fn: ({ messages }) => (messages.some(({ role }) => role === 'tool') ? 1 : 0) },
  ],
  advantage: 'group-relative',
  loss: { name: 'grpo', beta: 0.02 },
  config: { seed: 1, maxSteps: ${STEPS}, promptsPerStep: 4, numGenerations: 4, maxCompletionLength: 96, maxTurns: 3,
    learningRate: 1e-4, saveSteps: 100 },
};
`;

const scratch = mkdtempSync(join(tmpdir(), 'grpo-trl-'));
const children = [];
try {
  mkdirSync(join(scratch, 'node_modules/@grpo'), { recursive: true });
  for (const name of readdirSync(join(root, 'packages')))
    symlinkSync(join(root, 'packages', name), join(scratch, 'node_modules/@grpo', name));
  writeFileSync(join(scratch, 'grpo.config.mjs'), CONFIG);
  mkdirSync(join(scratch, 'model')); // filled below: what is exported names it
  run(process.execPath, [bin, 'export-trl', 'trl']);
  run(python, [maker, 'trl', 'model']);

  const server = start(process.execPath, [
    bin,
    'serve-env',
    '--port',
    '0',
    '--json',
    '--episodes',
    'episodes.jsonl',
  ]);
  const { url } = JSON.parse(String((await once(server.stdout, 'data'))[0]));
  const began = Date.now();
  // What `accelerate launch` does on GPUs; on CPUs it starts a single process.
  const launch = [
    '-m',
    'torch.distributed.run',
    '--standalone',
    '--nproc_per_node',
    String(PROCESSES),
  ];
  run(python, [...launch, join('trl', 'train.py')], {
    GRPO_ENV_URL: url,
    TRL_EXPERIMENTAL_SILENCE: '1',
    HF_HUB_OFFLINE: '1',
    TOKENIZERS_PARALLELISM: 'false',
    OMP_NUM_THREADS: '1',
  });
  const seconds = (Date.now() - began) / 1000;
  server.kill('SIGTERM');
  await once(server, 'close');
  report(seconds);
} finally {
  for (const child of children) child.kill();
  rmSync(scratch, { recursive: true, force: true });
}

function report(seconds) {
  const episodes = readFileSync(join(scratch, 'episodes.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const finished = episodes.filter(({ ending }) => ending === 'finished');
  const calls = finished.filter(({ messages }) => messages.some(({ role }) => role === 'tool'));
  const state = JSON.parse(
    readFileSync(join(scratch, 'trl/output', `checkpoint-${STEPS}`, 'trainer_state.json'), 'utf8'),
  );
  const logs = state.log_history.filter((one) => 'reward' in one);
  for (const log of logs)
    console.log(
      `step ${log.step}: reward ${log.reward.toFixed(3)}, looksUp ${log['rewards/looksUp/mean']}, ` +
        `exactAnswer ${log['rewards/exactAnswer/mean']}, loss ${log.loss}, grad norm ${log.grad_norm}, ` +
        `tool calls ${log['tools/call_frequency']}, failures ${log['grpo/reward_failures']}`,
    );
  console.log(
    `${STEPS} steps on ${PROCESSES} processes in ${seconds.toFixed(0)} s. ${episodes.length} episodes, ` +
      `${finished.length} finished, ${calls.length} of them with a call of a tool.`,
  );
  const mean = finished.reduce((sum, { reward }) => sum + reward, 0) / finished.length;
  const logged = logs.reduce((sum, { reward }) => sum + reward, 0) / logs.length;
  console.log(`mean reward of the server ${mean.toFixed(4)}, of TRL ${logged.toFixed(4)}`);
  check(logs.length === STEPS, 'every step was logged');
  check(finished.length === STEPS * SEQUENCES, 'every episode was counted once');
  check(
    new Set(episodes.map(({ id }) => id)).size === episodes.length,
    'no episode has two reports',
  );
  check(calls.length > 0, 'tools were called');
  check(Math.abs(mean - logged) < 1e-4, 'TRL trained on the rewards that the server gave');
  check(existsSync(join(scratch, 'trl/output/model.safetensors')), 'the model was saved');
}

function check(holds, what) {
  console.log(`${holds ? 'ok' : 'FAILED'}: ${what}`);
  if (!holds) process.exitCode = 1;
}

function run(program, args, env = {}) {
  const { status } = spawnSync(program, args, {
    cwd: scratch,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`trl check: ${program} ${args.join(' ')} ended with ${status}`);
}

function start(program, args) {
  const child = spawn(program, args, { cwd: scratch, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}
