import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LanguageModel } from '@grpo/policy';
import { initBackend } from '@grpo/tensor';
import { readMetrics } from '@grpo/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from './command-error.js';
import { main } from './main.js';
import type { Terminal } from './types.js';

const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
const packages = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'grpo-cli-'));
const demo = join(scratch, 'demo');
const TINY = ['--prompts-per-step', '2', '--num-generations', '2'];
const SECRET = 'sk-not-to-be-told';

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
}

/** The built program as a process of its own, without a terminal. */
function start(args: readonly string[], cwd = demo, input = '') {
  const env = { ...process.env, GRPO_BACKEND: 'wasm', OPENAI_API_KEY: SECRET, NODE_OPTIONS: '' };
  const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: 'pipe' });
  child.stdin.end(input);
  let [out, error] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    error += chunk;
  });
  const ended = once(child, 'close').then(([status]): Ended => ({ status, out, error }));
  return { child, ended };
}

const grpo = (args: readonly string[], cwd?: string, input?: string) =>
  start(args, cwd, input).ended;

/** The same in this process: what is refused before anything begins needs no process of its own. */
async function asked(args: readonly string[], env: Terminal['env'] = {}) {
  const written = { out: '', error: '' };
  const stream = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const { stdin } = process;
  const terminal = { stdin, stdout: stream('out'), stderr: stream('error'), env };
  const before = process.cwd();
  process.chdir(demo);
  try {
    return { status: await main(args, terminal), ...written };
  } finally {
    process.chdir(before);
  }
}

beforeAll(async () => {
  expect(existsSync(bin), 'packages/cli/dist: build it with `npm run build`').toBe(true);
  // Packages where an install would put them.
  mkdirSync(join(scratch, 'node_modules', '@grpo'), { recursive: true });
  for (const name of readdirSync(packages))
    symlinkSync(join(packages, name), join(scratch, 'node_modules', '@grpo', name));
  const made = await grpo(['init', 'demo'], scratch);
  expect(made).toMatchObject({ status: EXIT.done, error: '' });
  const trained = await grpo(['train', '--max-steps', '2', '--eval-steps', '2', ...TINY]);
  expect(trained).toMatchObject({ status: EXIT.done });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no escape sequences off a terminal.
  expect(trained.out).not.toMatch(/\u001b/);
  expect(trained.out).toMatch(/step 2\/2 {2}reward .* eval .*\nDone: 2 steps in runs\/run-1/);
}, 120_000);
afterAll(() => rmSync(scratch, { recursive: true }));

describe('a project that init made and train trained', () => {
  it('is listed, and compared with another run', async () => {
    await grpo(['train', '--max-steps', '1', '--learning-rate', '0.01', ...TINY]);
    const { status, out } = await grpo(['runs', '--json']);
    expect(status).toBe(EXIT.done);
    expect(JSON.parse(out)).toMatchObject([
      { run: 'runs/run-1', steps: 2, maxSteps: 2, isOpen: false },
      { run: 'runs/run-2', steps: 1, maxSteps: 1 },
    ]);
    const compared = await grpo(['runs', 'compare', 'runs/run-1', 'runs/run-2', '--json']);
    expect(JSON.parse(compared.out).settings).toEqual({
      maxSteps: [2, 1],
      learningRate: [0.001, 0.01],
      evalSteps: [2, 50],
    });
  });

  it('is evaluated, with its own tasks or those of a file', async () => {
    const own = await grpo(['eval', 'runs/run-1', '--json', '--samples', '2']);
    expect(own.status).toBe(EXIT.done);
    const { tasks, metrics, examples } = JSON.parse(own.out);
    const record = readMetrics(join(demo, 'runs', 'run-1', 'metrics.jsonl')).at(-1);
    expect(tasks).toBe(45);
    expect(metrics['eval/reward']).toBe(record?.['eval/reward']);
    expect(Object.keys(metrics)).toContain('eval/pass@2');
    expect(examples).toHaveLength(5);
    writeFileSync(join(demo, 'two.jsonl'), '{"prompt":"1+1","answer":"2"}\n'.repeat(2));
    const given = await grpo([
      'eval',
      'runs/run-1',
      '--data',
      'two.jsonl',
      '--show',
      '0',
      '--json',
    ]);
    expect(JSON.parse(given.out)).toMatchObject({ tasks: 2, examples: [] });
  });

  it('answers lines that are piped in, and goes on after one that it cannot read', async () => {
    const { status, out, error } = await grpo(
      ['chat', 'runs/run-1', '--temperature', '0', '--json'],
      demo,
      '3+8\nhello\n/new\n3+8\n',
    );
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers).toHaveLength(2);
    expect(answers[1]).toEqual(answers[0]);
    expect(error).toContain('needs text of the tokenizer');
    expect(status).toBe(EXIT.failed);
  });

  it('is exported as a model folder that opens with the same weights', async () => {
    const { status } = await grpo(['export', 'runs/run-1', 'model', '--checkpoint', '2']);
    expect(status).toBe(EXIT.done);
    await initBackend('wasm');
    const [exported, trained] = ['model', 'runs/run-1/checkpoints/step-000002/policy'].map((name) =>
      LanguageModel.open(join(demo, name)),
    );
    expect(await exported.logits([1, 2, 3])).toEqual(await trained.logits([1, 2, 3]));
    const again = await grpo(['export', 'runs/run-1', 'model']);
    expect(again).toMatchObject({ status: EXIT.taken, out: '' });
  });

  it('stops at the first signal, is saved, and goes on where it was', async () => {
    const { child, ended } = start([
      'train',
      '--folder',
      'runs/long',
      '--max-steps',
      '5000',
      ...TINY,
    ]);
    const metrics = join(demo, 'runs', 'long', 'metrics.jsonl');
    while (!existsSync(metrics) || readMetrics(metrics).length < 2) {
      expect(child.exitCode).toBeNull();
      await setTimeout(10);
    }
    child.kill('SIGINT');
    const { status, out } = await ended;
    expect(status).toBe(EXIT.stopped);
    expect(out).toContain('Go on with: grpo resume runs/long');
    const done = readMetrics(metrics).length;
    const resumed = await grpo(['resume', 'runs/long', '--max-steps', String(done + 1), '--json']);
    expect(resumed.status).toBe(EXIT.done);
    const lines = resumed.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([{ step: done + 1 }, { steps: done + 1, isStopped: false }]);
  });

  it('is refused to a second process while one holds it', async () => {
    const lock = join(demo, 'runs', 'held', 'run.lock');
    mkdirSync(join(demo, 'runs', 'held'), { recursive: true });
    writeFileSync(lock, JSON.stringify({ pid: process.pid, host: hostname() }));
    const args = ['train', '--folder', 'runs/held', '--max-steps', '1', ...TINY];
    const { status, error } = await grpo(args);
    expect(status).toBe(EXIT.taken);
    expect(error).toContain(`held by process ${process.pid}`);
  });
});

it.each(['conversation', 'tools'])('the template %s trains', async (template) => {
  await grpo(['init', template, '--template', template], scratch);
  const { status, error } = await grpo(
    ['train', '--max-steps', '1', ...TINY],
    join(scratch, template),
  );
  expect({ status, error: error.replace(/^Backend: .*\nIn a browser: .*\n/, '') }).toEqual({
    status: 0,
    error: '',
  });
});

it('every project that init makes compiles', async () => {
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const flags = '--noEmit --strict --skipLibCheck --target ES2022 --module NodeNext'.split(' ');
  const files = ['demo', 'conversation', 'tools'].map((name) => join(name, 'grpo.config.ts'));
  const child = spawn(process.execPath, [compiler, ...flags, ...files], { cwd: scratch });
  let told = '';
  child.stdout.on('data', (chunk) => {
    told += chunk;
  });
  const [status] = await once(child, 'close');
  expect({ status, told }).toEqual({ status: 0, told: '' });
});

it('LoRA trains beside the first weights, and is folded in where it is exported', async () => {
  await grpo(['export', 'runs/run-1', 'base']);
  writeFileSync(
    join(demo, 'lora.json'),
    JSON.stringify({
      model: 'base',
      modelOptions: { lora: { rank: 2, alpha: 4, targetModules: 'all-linear' } },
      dataset: 'sums.jsonl',
      rewards: [{ name: 'numericAnswer', weight: 2 }, 'answerFormat'],
      preset: 'balanced',
      config: { maxSteps: 1, maxCompletionLength: 2 },
    }),
  );
  writeFileSync(join(demo, 'sums.jsonl'), '{"prompt":"1+1","answer":"2"}\n');
  const trained = await grpo(['train', 'lora.json', '--folder', 'runs/lora', ...TINY]);
  expect({ ...trained, out: '' }).toMatchObject({ status: EXIT.done });
  const merged = await grpo(['export', 'runs/lora', 'merged']);
  expect(merged.out).toContain('the adapter folded in');
  expect(readdirSync(join(demo, 'merged'))).toContain('model.safetensors');
  await grpo(['export', 'runs/lora', 'adapter', '--adapter']);
  expect(readdirSync(join(demo, 'adapter'))).toContain('adapter_model.safetensors');
});

describe('what is asked wrongly', () => {
  it.each([
    ['an unknown flag', ['train', '--learning-rat', '1'], 'Did you mean --learning-rate?'],
    ['an unknown command', ['trian'], 'Did you mean train?'],
    ['a value out of range', ['train', '--top-p', '2'], 'topP needs a number above 0, up to 1'],
    ['a missing config file', ['train', 'none.ts'], 'got none.ts, which is not there'],
    ['a missing run', ['resume', 'runs/none'], 'got runs/none. List runs with: grpo runs'],
    ['a missing model', ['chat', 'none'], 'got none, which is not there'],
    ['a missing checkpoint', ['eval', 'runs/run-1', '--checkpoint', '7'], 'got step-000002'],
    ['a page over nothing', ['dashboard', 'none'], 'got none, which is no folder'],
    ['an unknown preset', ['train', '--preset', 'bold'], 'needs one of'],
    ['a resume of nothing', ['train', '--resume'], '--resume needs --folder'],
    ['an unknown shell', ['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish'],
  ])('%s ends with 2 and says what helps, without a stack', async (_, args, message) => {
    const { status, out, error } = await asked(args);
    expect({ status, out }).toEqual({ status: EXIT.usage, out: '' });
    expect(error).toContain(message);
    expect(error).not.toMatch(/\n {4}at /);
  });

  it('shows the stack where it is asked for, and a machine gets the error as JSON', async () => {
    expect((await asked(['chat', 'none', '--verbose'])).error).toMatch(/\n {4}at /);
    const { error } = await asked(['chat', 'none', '--json']);
    expect(JSON.parse(error)).toMatchObject({ exitCode: EXIT.usage, error: expect.any(String) });
  });

  it('a field that no experiment has is named, and an error that quotes a secret does not tell it', async () => {
    writeFileSync(join(demo, 'wrong.json'), '{"model":"m","dataset":"d","rewards":[],"modle":1}');
    expect(await asked(['train', 'wrong.json'])).toMatchObject({
      status: EXIT.usage,
      error: expect.stringContaining('got "modle"'),
    });
    const source = `throw new Error('401 for ' + process.env.OPENAI_API_KEY);\nexport default {};\n`;
    writeFileSync(join(demo, 'leaky.ts'), source);
    const { error } = await grpo(['train', 'leaky.ts', '--verbose']);
    expect(error).toContain('401 for [OPENAI_API_KEY]');
    expect(error).not.toContain(SECRET);
  });
});

it('rewards of a TypeScript module are checked', async () => {
  writeFileSync(
    join(demo, 'reward.ts'),
    "import type { Reward } from '@grpo/rewards';\nexport const size: Reward = { name: 'size', fn: ({ completion }) => completion.length };\n",
  );
  writeFileSync(join(demo, 'said.jsonl'), '{"completion":"a"}\n{"completion":"abc"}\n');
  const { status, out } = await grpo(['rewards', 'check', 'reward.ts', 'said.jsonl', '--json']);
  expect(status).toBe(EXIT.done);
  expect(JSON.parse(out)).toMatchObject({ episodes: 2, rewards: [{ name: 'size' }] });
});

it('the doctor says which rung a run takes, and why others were passed over', async () => {
  const { status, out } = await grpo(['doctor', '--json']);
  const { backend, backends, node, peers } = JSON.parse(out);
  expect({ status, backend }).toEqual({ status: EXIT.done, backend: 'wasm' });
  expect(backends.map(({ name }: { name: string }) => name)).toEqual([
    'gpu',
    'simd',
    'native',
    'wasm',
    'cpu',
  ]);
  for (const { starts, reason, remedy } of backends)
    expect(starts || (reason && remedy)).toBeTruthy();
  expect(node).toMatchObject({ version: process.versions.node, isSupported: true });
  expect(peers.map(({ name }: { name: string }) => name)).toContain('mathjs');
});

it('a benchmark takes steps, and tells where their time went', async () => {
  const args = ['bench', '--workload', 'W1', '--steps', '1', '--folder', 'measured', '--json'];
  const { status, out } = await grpo(args);
  const [result] = JSON.parse(out).results;
  expect(status).toBe(EXIT.done);
  expect(result).toMatchObject({ workload: { name: 'W1' }, backend: 'wasm', sampler: 'onnx' });
  const { other, ...parts } = result.parts as Record<string, number>;
  expect(Object.keys(parts).sort()).toEqual(
    ['sampling', 'synchronisation', 'reward', 'forward', 'loss', 'backward', 'optimizer'].sort(),
  );
  const sum = Object.values(parts).reduce((total, seconds) => total + seconds, other);
  expect(sum).toBeCloseTo(result.seconds, 5);
  expect(result.logProbDifference).toBeLessThan(1e-4);
  expect(existsSync(join(demo, 'measured', 'chart.svg'))).toBe(true);
});

it('completions name commands, flags and values that may stand there', async () => {
  const { out } = await grpo(['complete', '--', 'train', '--optim', '']);
  expect(out.split('\n')).toEqual(['adamw', 'adam', 'sgd', 'lion', '']);
  const { out: script } = await grpo(['completion', 'bash']);
  expect(script).toContain('complete -o default -F _grpo grpo');
});

const commands = [
  'init',
  'train',
  'resume',
  'eval',
  'chat',
  'export',
  'runs',
  'bench',
  'dashboard',
  'serve-env',
  'export-trl',
  'doctor',
  'completion',
];

it.each([
  ...commands.map((name) => [name]),
  ['runs', 'list'],
  ['runs', 'compare'],
  ['rewards', 'check'],
])('the help of %s %s says what it does and how to use it', async (...words) => {
  const command = words.filter(Boolean);
  const { status, out } = await asked([...command, '--help']);
  expect(status).toBe(EXIT.done);
  expect(out).toContain(`Usage: grpo ${command.join(' ')}`);
  expect(out).toContain('--json');
});
