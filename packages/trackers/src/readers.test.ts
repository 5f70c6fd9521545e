import { execFile, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tensorBoard } from './tensorboard/tensorboard.js';
import { track } from './track.js';
import type { Sink } from './types.js';
import { wandbOffline } from './wandb/wandb-offline.js';
import { wandbServer } from './wandb/wandb-server.js';

/** The readers are Python's: where it has none of them, these tests say that they are skipped. */
const python = process.env.GRPO_PYTHON ?? 'python3';
const TENSORBOARD = fileURLToPath(new URL('../fixtures/read_tensorboard.py', import.meta.url));
const WANDB = fileURLToPath(new URL('../fixtures/wandb_tool.py', import.meta.url));
const hasTensorBoard = succeeds(['-c', 'import tensorboard']);
const hasWandb = succeeds([WANDB, 'check']);

type Record = { readonly step: number } & { readonly [name: string]: number };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-readers-'));
  const config = { learningRate: 1e-6, apiKey: 'not-to-be-seen', rewards: ['length'] };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasTensorBoard)("TensorBoard's reader", () => {
  it('finds exactly the numbers of metrics.jsonl, float64 for float64', async () => {
    const records = steps(1, 300, 1);
    await written(records, tensorBoard());
    expect((await tensorBoardReads()).scalars).toEqual(byName(records));
  });

  it('finds each step once after a resumed run wrote steps again', async () => {
    const [before, again] = [steps(1, 40, 1), steps(26, 60, 2)];
    await written(before, tensorBoard());
    await written([...before.slice(0, 25), ...again], tensorBoard());
    const { scalars } = await tensorBoardReads();
    expect(scalars).toEqual(byName([...before.slice(0, 25), ...again]));
    expect(readdirSync(join(folder, 'tensorboard'))).toHaveLength(2);
  });

  it('finds the config as a text, without secrets', async () => {
    await written(steps(1, 2, 1), tensorBoard());
    const [text] = (await tensorBoardReads()).config;
    const config = { learningRate: 1e-6, apiKey: '[redacted]', rewards: ['length'] };
    expect(JSON.parse(text)).toEqual(config);
  });
});

describe.skipIf(!hasWandb)("W&B's reader", () => {
  it('finds exactly the numbers of metrics.jsonl, in a file of many blocks', async () => {
    const records = steps(1, 400, 1);
    await written(records, wandbOffline({ env: {}, project: 'p', entity: 'e' }));
    const found = await wandbReads();
    expect(found.map(({ num }) => num)).toEqual(found.map((_, i) => i + 1));
    expect(found.slice(0, 2).map(({ kind }) => kind)).toEqual(['header', 'run']);
    expect(found[1].value).toMatchObject({
      project: 'p',
      entity: 'e',
      config: {
        update: [
          { key: 'learningRate', valueJson: '0.000001' },
          { key: 'apiKey', valueJson: '"[redacted]"' },
          { key: 'rewards', valueJson: '["length"]' },
        ],
      },
    });
    expect(historyIn(found)).toEqual(records);
    expect(found.at(-1)).toMatchObject({ kind: 'exit' });
  });

  it('finds each step once after a resumed run wrote steps again', async () => {
    const [before, again] = [steps(1, 400, 1), steps(251, 500, 2)];
    await written(before, wandbOffline({ env: {} }));
    await written([...before.slice(0, 250), ...again], wandbOffline({ env: {} }));
    const found = await wandbReads();
    expect(found.map(({ num }) => num)).toEqual(found.map((_, i) => i + 1));
    expect(historyIn(found)).toEqual([...before.slice(0, 250), ...again]);
  });

  it('uploads the folder by `wandb sync`, every number as it was', async () => {
    const records = steps(1, 100, 1);
    await written(records, wandbOffline({ env: {}, project: 'p' }));
    const server = await wandbServer();
    const home = mkdtempSync(join(tmpdir(), 'grpo-wandb-'));
    try {
      const run = wandbFolder();
      await promisify(execFile)(python, [WANDB, 'sync', run], {
        cwd: home,
        env: {
          ...process.env,
          WANDB_API_KEY: 'k'.repeat(40),
          WANDB_BASE_URL: server.url,
          WANDB_CACHE_DIR: home,
          WANDB_CONFIG_DIR: home,
          WANDB_DIR: home,
          WANDB_ERROR_REPORTING: 'false',
        },
      });
      expect(server.history.map(withoutOwn)).toEqual(records);
      expect(server.exitCode).toBe(0);
      expect(server.run).toMatchObject({ project: 'p', displayName: folder.split('/').at(-1) });
    } finally {
      await server.close();
      rmSync(home, { recursive: true, force: true });
    }
  });
});

function succeeds(args: readonly string[]): boolean {
  return spawnSync(python, args, { stdio: 'ignore' }).status === 0;
}

/** Records of a run, numbers that nothing but all their digits tells apart. */
function steps(from: number, to: number, seed: number): Record[] {
  return Array.from({ length: to - from + 1 }, (_, i) => {
    const step = from + i;
    const record = { step, reward: Math.sin(step * seed), 'kl/mean': Math.exp(-step / seed) / 3 };
    return step % 10 === 0 ? { ...record, 'eval/reward': 1 / (step + seed) } : record;
  });
}

/** Lets a run write its records, as if all others were cut off, and follows it to its end. */
async function written(records: readonly Record[], sink: Sink): Promise<void> {
  const path = join(folder, 'metrics.jsonl');
  writeFileSync(path, '');
  appendFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const tracking = track(folder, [sink], { env: {} });
  expect(await tracking.close()).toMatchObject({ [sink.name]: { isCaughtUp: true, errors: 0 } });
}

function byName(records: readonly Record[]) {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return Object.fromEntries(
    names
      .filter((name) => name !== 'step')
      .map((name) => [
        name,
        records.filter((record) => name in record).map((record) => [record.step, record[name]]),
      ]),
  );
}

async function tensorBoardReads() {
  const { stdout } = await promisify(execFile)(python, [TENSORBOARD, join(folder, 'tensorboard')], {
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout) as {
    readonly scalars: unknown;
    readonly config: readonly string[];
  };
}

interface WandbRecord {
  readonly num: number;
  readonly kind: string;
  readonly value: {
    readonly item?: readonly { readonly nestedKey: string[]; readonly valueJson: string }[];
  };
}

function wandbFolder(): string {
  return join(folder, 'wandb', readdirSync(join(folder, 'wandb'))[0]);
}

async function wandbReads(): Promise<readonly WandbRecord[]> {
  const [name] = readdirSync(wandbFolder());
  const file = join(wandbFolder(), name);
  const { stdout } = await promisify(execFile)(python, [WANDB, 'read', file], {
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout) as WandbRecord[];
}

function historyIn(records: readonly WandbRecord[]) {
  return records
    .filter(({ kind }) => kind === 'history')
    .map(({ value }) =>
      withoutOwn(
        Object.fromEntries(
          (value.item ?? []).map(({ nestedKey, valueJson }) => [
            nestedKey[0],
            JSON.parse(valueJson) as number,
          ]),
        ),
      ),
    );
}

function withoutOwn(row: { readonly [name: string]: number }): unknown {
  const { _step, _timestamp, _runtime, ...values } = row;
  return { step: _step, ...values };
}
