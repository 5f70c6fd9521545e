import { spawn } from 'node:child_process';
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
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EXIT } from './command-error.js';

const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
const packages = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'grpo-serving-'));

/** The built program as a process of its own. */
function start(args: readonly string[], cwd = scratch) {
  const env = { ...process.env, GRPO_BACKEND: 'wasm', NODE_OPTIONS: '' };
  const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: 'pipe' });
  const written = { out: '', error: '' };
  child.stdout.on('data', (chunk) => {
    written.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    written.error += chunk;
  });
  return { child, ended: once(child, 'close').then(([status]) => ({ status, ...written })) };
}

beforeAll(() => {
  expect(existsSync(bin), 'packages/cli/dist: build it with `npm run build`').toBe(true);
  mkdirSync(join(scratch, 'node_modules', '@grpo'), { recursive: true });
  for (const name of readdirSync(packages))
    symlinkSync(join(packages, name), join(scratch, 'node_modules', '@grpo', name));
  const fields = "dataset: 'rows.jsonl', rewards: ['exactAnswer']";
  writeFileSync(join(scratch, 'lent.config.mjs'), `export default { ${fields} };`);
  writeFileSync(join(scratch, 'rows.jsonl'), '{"prompt":"1+1","answer":"2"}\n');
});
afterAll(() => rmSync(scratch, { recursive: true }));

it('serve-env lends environment and rewards without opening a model, until it is stopped', async () => {
  const args = ['--port', '0', '--json', '--episodes', 'episodes.jsonl'];
  const { child, ended } = start(['serve-env', 'lent.config.mjs', ...args]);
  const [line] = await once(child.stdout, 'data');
  const { name, url, tasks } = JSON.parse(String(line));
  expect({ name, tasks }).toEqual({ name: 'lent.config', tasks: 1 });
  const step = await fetch(`${url}/step`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ action: { message: '<answer>2</answer>' } }),
  });
  expect(await step.json()).toMatchObject({ reward: 1, done: true });
  child.kill('SIGTERM');
  const { status, out } = await ended;
  expect(status).toBe(EXIT.done);
  const { sessions, episodes } = JSON.parse(out.split('\n')[1]);
  expect(sessions).toMatchObject({ active: 0, opened: 1 });
  expect(episodes).toEqual({ started: 1, finished: 1, failed: 0, abandoned: 0 });
  const report = JSON.parse(readFileSync(join(scratch, 'episodes.jsonl'), 'utf8'));
  expect(report).toMatchObject({ ending: 'finished', reward: 1, rewards: { exactAnswer: 1 } });
});

it('export-trl writes a folder for TRL, a model of random weights in it, and says what is different', async () => {
  expect(await start(['init', 'demo']).ended).toMatchObject({ status: EXIT.done });
  const demo = join(scratch, 'demo');
  const { status, out, error } = await start(['export-trl', 'trl', '--json'], demo).ended;
  expect({ status, error }).toEqual({ status: EXIT.done, error: '' });
  const { files, fields, differences } = JSON.parse(out);
  const written = ['train.py', 'grpo_client.py', 'train.jsonl', 'eval.jsonl', 'README.md'];
  expect(files).toEqual(written);
  expect(readdirSync(join(demo, 'trl')).sort()).toEqual([...written, 'model'].sort());
  expect(fields).toMatchObject({ num_generations: 16, loss_type: 'grpo', beta: 0.04 });
  expect(differences).not.toEqual([]);
  const script = readFileSync(join(demo, 'trl', 'train.py'), 'utf8');
  expect(script).toContain('reward_funcs=reward_funcs(["exactAnswer","saysANumber"])');
  expect(existsSync(join(demo, 'trl', 'model', 'model.safetensors'))).toBe(true);
  expect(await start(['export-trl', 'trl'], demo).ended).toMatchObject({ status: EXIT.taken });
});
