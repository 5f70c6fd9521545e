import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { initBackend } from '@grpo/tensor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  heldOut,
  rememberingConfig,
  rememberingParts,
  tinyConfig,
  tinyModel,
  tinyParts,
} from '../fixtures/tiny-run.mjs';
import { openRun } from './open-run.js';
import { runFiles } from './run-files.js';
import { train } from './train.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-open-'));
const original = join(scratch, 'original');
/** A run of four steps with checkpoints after the second and the fourth. */
const config = { ...rememberingConfig, maxSteps: 4, metricForBestModel: '', evalSteps: 0 };
beforeAll(async () => {
  await initBackend('wasm');
  const say = () => {};
  await train({ parts: rememberingParts(), config, folder: original, evalDataset: heldOut, say });
}, 60_000);
afterAll(() => rmSync(scratch, { recursive: true }));

let copies = 0;
/** A copy of the run, changed. */
function copy(change: (folder: string) => void = () => {}): string {
  const folder = join(scratch, `copy ${copies++}`);
  cpSync(original, folder, { recursive: true });
  change(folder);
  return folder;
}
async function opened(folder: string, given = config) {
  const run = await openRun({ parts: rememberingParts(), config: given, folder, resume: true });
  run.unlock();
  return { ...run, messages: run.notices.map(({ message }) => message) };
}
function flipBit(path: string): void {
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  writeFileSync(path, bytes);
}
const checkpoint = (folder: string, step: number) =>
  join(runFiles(folder).checkpoints, `step-00000${step}`);
const files = [
  'state.json',
  'checksums.json',
  'policy/config.json',
  'policy/model.safetensors',
  'policy/optimizer.safetensors',
  'policy/tokenizer.json',
  'policy/tokenizer_config.json',
  'critic/value.safetensors',
  'reference/model.safetensors',
];

test('a checkpoint holds the files that are damaged below', () => {
  const names = readdirSync(checkpoint(original, 4), { recursive: true, encoding: 'utf8' });
  const isFile = (name: string) => statSync(join(checkpoint(original, 4), name)).isFile();
  const others = [
    'reference/config.json',
    'reference/tokenizer.json',
    'reference/tokenizer_config.json',
  ];
  expect(names.filter(isFile).sort()).toEqual([...files, ...others].sort());
});

test('a whole folder goes on after its newest checkpoint', async () => {
  const { state, records, messages } = await opened(copy());
  expect([state.step, records.length]).toEqual([4, 4]);
  expect(messages).toEqual(['Resuming after step 4 of 4.']);
});

test.each(files)('with one bit of %s flipped, the checkpoint before is used', async (name) => {
  const folder = copy((path) => flipBit(join(checkpoint(path, 4), name)));
  const { state, records, messages } = await opened(folder);
  expect([state.step, records.length]).toEqual([2, 2]); // later records will be written again
  expect(messages).toEqual([
    expect.stringContaining('is damaged ('),
    'Resuming after step 2 of 4.',
  ]);
  expect(messages[0]).toContain('step-000004');
});

test.each(files)('with %s missing, the checkpoint before is used', async (name) => {
  const folder = copy((path) => rmSync(join(checkpoint(path, 4), name)));
  const { state, messages } = await opened(folder);
  expect(state.step).toBe(2);
  expect(messages[0]).toContain('is damaged (');
});

test('where every checkpoint is damaged nothing of the run is thrown away', async () => {
  const folder = copy((path) => {
    for (const step of [2, 4]) flipBit(join(checkpoint(path, step), 'state.json'));
  });
  await expect(opened(folder)).rejects.toThrow(
    'got 2 and all damaged. Restore one, or start a new run in another folder.',
  );
  const { metrics, episodes } = runFiles(folder);
  expect(readFileSync(metrics)).toEqual(readFileSync(runFiles(original).metrics));
  expect(readFileSync(episodes)).toEqual(readFileSync(runFiles(original).episodes));
  expect(readdirSync(folder)).not.toContain('run.lock');
});

test('lines after the checkpoint, and one that was cut short, are taken away', async () => {
  const folder = copy((path) => {
    appendFileSync(runFiles(path).metrics, '{"step":5,"loss":1}\n{"step":6,"lo');
    appendFileSync(runFiles(path).episodes, '{"step":5,"group":"x"');
  });
  const { records } = await opened(folder);
  expect(records.at(-1)?.step).toBe(4);
  const { metrics, episodes } = runFiles(folder);
  expect(readFileSync(metrics)).toEqual(readFileSync(runFiles(original).metrics));
  expect(readFileSync(episodes)).toEqual(readFileSync(runFiles(original).episodes));
});

test.each<[string, (folder: string) => void, RegExp]>([
  ['missing', (path) => rmSync(runFiles(path).config), /ENOENT.* Restore the file/],
  ['cut short', (path) => writeFileSync(runFiles(path).config, '{"seed": 5,'), /JSON.* Restore/],
])('a configuration that is %s is told of', async (_, change, message) => {
  await expect(opened(copy(change))).rejects.toThrow(message);
});

test('a configuration that changed is told of, field and both values; how long to train is free', async () => {
  const changed = opened(copy(), { ...config, learningRate: 0.5 });
  await expect(changed).rejects.toThrow('got learningRate 0.5 instead of 0.01.');
  const longer = await opened(copy(), { ...config, maxSteps: 9, saveSteps: 1 });
  expect(longer.messages).toEqual(['Resuming after step 4 of 9.']);
  const stored = JSON.parse(readFileSync(longer.files.config, 'utf8'));
  expect(stored).toMatchObject({ maxSteps: 9, saveSteps: 1, learningRate: 0.01 });
});

test('a folder that another process holds is left alone', async () => {
  const holder = { pid: process.ppid, host: hostname() };
  const folder = copy((path) => writeFileSync(join(path, 'run.lock'), JSON.stringify(holder)));
  await expect(opened(folder)).rejects.toThrow(`held by process ${process.ppid} on ${hostname()}`);
  expect(JSON.parse(readFileSync(join(folder, 'run.lock'), 'utf8'))).toEqual(holder);
});

test('the lock of a process that is gone is taken over, and told of', async () => {
  const holder = { pid: 2 ** 22 + 1, host: hostname() }; // more than Linux gives out
  const folder = copy((path) => writeFileSync(join(path, 'run.lock'), JSON.stringify(holder)));
  const { messages } = await opened(folder);
  expect(messages[0]).toContain('its lock is taken over');
  expect(readdirSync(folder)).not.toContain('run.lock');
});

test('what cannot train is refused before anything is written', async () => {
  const folder = join(scratch, 'refused');
  const say = () => {};
  const { advantage: _, ...without } = tinyParts();
  const open = (options: object) =>
    openRun({ parts: tinyParts(), config: tinyConfig, folder, say, ...options });
  await expect(open({ parts: without })).rejects.toThrow('needs an advantage and a loss');
  await expect(open({ preset: 'bold' })).rejects.toThrow('presetNamed: needs one of conservative');
  await expect(open({ config: { ...tinyConfig, temperature: 0 } })).rejects.toThrow('temperature');
  const synced = { config: { ...tinyConfig, syncRefModel: true } };
  await expect(open(synced)).rejects.toThrow('follow the policy, got none');
  const { logProbs } = tinyModel();
  const frozen = { ...synced, parts: tinyParts({ reference: { logProbs } }) };
  await expect(open(frozen)).rejects.toThrow('follow the policy, got a frozen one');
  expect(readdirSync(scratch)).not.toContain('refused');
});

test('a preset brings advantage, loss and numbers; what is given goes before', async () => {
  const { advantage: _a, loss: _l, ...parts } = tinyParts();
  const folder = join(scratch, 'preset');
  const run = await openRun({
    parts,
    preset: 'conservative',
    config: { maxSteps: 3, evalSteps: 7 },
    folder,
  });
  run.unlock();
  expect(run.config).toMatchObject({ numGenerations: 32, maxGradNorm: 0.5, evalSteps: 7 });
  expect(JSON.parse(readFileSync(run.files.config, 'utf8'))).toMatchObject({ numGenerations: 32 });
  expect(JSON.parse(readFileSync(run.files.run, 'utf8'))).toMatchObject({ preset: 'conservative' });
  expect(typeof run.parts.loss).toBe('function');
});
