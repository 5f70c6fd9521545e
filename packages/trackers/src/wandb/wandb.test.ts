import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { track } from '../track.js';
import { wandb } from './wandb.js';
import { wandbLive } from './wandb-live.js';
import { wandbServer } from './wandb-server.js';

const KEY = 'k'.repeat(40);
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-wandb-'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ seed: 1, wandbKey: KEY }));
  const lines = [1, 2, 3].map((step) => `${JSON.stringify({ step, a: step / 3 })}\n`);
  writeFileSync(join(folder, 'metrics.jsonl'), lines.join(''));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('is live where a key is set, and a folder elsewhere', () => {
  expect(wandb({ env: { WANDB_API_KEY: KEY } }).name).toBe('wandb-live');
  expect(wandb({ env: { WANDB_API_KEY: KEY, WANDB_MODE: 'offline' } }).name).toBe('wandb');
  expect(wandb({ env: { WANDB_API_KEY: '' } }).name).toBe('wandb');
});

it('live without a key is refused', () => {
  expect(() => wandbLive({ env: {} })).toThrow('wandbLive: needs WANDB_API_KEY, got none.');
});

it('a live run is made with its config, and its lines stand at their places', async () => {
  const server = await wandbServer();
  try {
    const env = { WANDB_API_KEY: KEY, WANDB_BASE_URL: server.url, WANDB_PROJECT: 'p' };
    const counts = await track(folder, [wandb({ env })], { env }).close();
    expect(counts).toMatchObject({ 'wandb-live': { points: 3, errors: 0, isCaughtUp: true } });
    expect(server.run).toMatchObject({
      project: 'p',
      displayName: basename(folder),
      config: JSON.stringify({ seed: { value: 1 }, wandbKey: { value: '[redacted]' } }),
    });
    expect(server.history.map(({ _step, a }) => [_step, a])).toEqual([
      [1, 1 / 3],
      [2, 2 / 3],
      [3, 1],
    ]);
    expect(server.summary).toMatchObject({ _step: 3, a: 1 });
    expect(server.exitCode).toBe(0);
    const login = `Basic ${Buffer.from(`api:${KEY}`).toString('base64')}`;
    expect(new Set(server.logins)).toEqual(new Set([login]));
    const cursor = readdirSync(join(folder, 'trackers')).map((name) =>
      readFileSync(join(folder, 'trackers', name), 'utf8'),
    );
    expect(cursor).toHaveLength(1);
    expect(cursor[0]).not.toContain(KEY);
  } finally {
    await server.close();
  }
});

it('a server that makes no run is said, and left alone', async () => {
  const server = await wandbServer();
  const said: string[] = [];
  try {
    const env = { WANDB_API_KEY: KEY, WANDB_BASE_URL: server.url };
    server.refuse('permission denied');
    await track(folder, [wandb({ env })], { env, say: (line) => said.push(line) }).close();
    expect(said).toEqual([
      'wandb-live: wandb: needs a run to be made, got: permission denied. It is left alone; training goes on.',
    ]);
  } finally {
    await server.close();
  }
});
