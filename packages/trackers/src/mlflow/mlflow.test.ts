import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { track } from '../track.js';
import { mlflow } from './mlflow.js';
import { type MlflowServer, mlflowServer } from './mlflow-server.js';

const TOKEN = 'token-that-nobody-may-see';
const env = { MLFLOW_TRACKING_TOKEN: TOKEN };
let folder = '';
let server: MlflowServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-mlflow-'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ seed: 1, note: `uses ${TOKEN}` }));
  server = await mlflowServer(TOKEN);
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function write(steps: number, metrics = 1): void {
  const names = Array.from({ length: metrics }, (_, i) => `m${i}`);
  const lines = Array.from({ length: steps }, (_, i) => {
    const values = Object.fromEntries(names.map((name) => [name, i / 7]));
    return `${JSON.stringify({ step: i + 1, 'time/step': 1, ...values })}\n`;
  });
  writeFileSync(join(folder, 'metrics.jsonl'), lines.join(''));
}

function run(options: { readonly said?: string[]; readonly attemptTimeoutMs?: number } = {}) {
  const { said = [], attemptTimeoutMs = 5000 } = options;
  const say = (line: string) => said.push(line);
  const sink = mlflow({ url: server.url, env, experiment: 'adding' });
  return track(folder, [sink], { say, env, retryDelayMs: 1, attemptTimeoutMs });
}

it('makes the experiment and the run, logs params and every metric in calls of at most 1000, and ends it', async () => {
  write(90, 30);
  expect(await run().close()).toMatchObject({ mlflow: { points: 90, errors: 0 } });
  expect(server.experiments).toEqual(['adding']);
  const [{ info, params, metrics }] = server.runs;
  expect(info).toMatchObject({ run_name: basename(folder), status: 'FINISHED' });
  expect(params).toEqual({ seed: '1', note: 'uses [redacted]' });
  expect(metrics).toHaveLength(90 * 31);
  const at = (step: number) => metrics.filter((metric) => metric.step === step);
  expect(at(8).find(({ key }) => key === 'm0')?.value).toBe(1);
  expect(at(90)[0].timestamp - at(80)[0].timestamp).toBe(10_000);
});

it.each([
  { status: 429, headers: { 'retry-after': '0' } },
  { status: 500 },
  { status: 503 },
  'silence' as const,
  'lost answer' as const,
])(
  'after %o, whichever call it meets, the run stands there once and whole',
  async (disturbance) => {
    write(3);
    for (let call = 0; call < 6; call++) {
      rmSync(join(folder, 'trackers'), { recursive: true, force: true });
      const [runs, calls] = [server.runs.length, server.calls.length];
      server.disturb(...Array<'none'>(call).fill('none'), disturbance);
      const attemptTimeoutMs = disturbance === 'silence' ? 500 : 10_000;
      const counts = await run({ attemptTimeoutMs }).close('finished', { timeoutMs: 30_000 });
      expect(counts).toMatchObject({ mlflow: { points: 3, isCaughtUp: true } });
      expect(server.calls.length - calls).toBeGreaterThan(6); // undisturbed, there are six
      expect(server.runs).toHaveLength(runs + 1);
      expect(server.runs[runs].metrics).toHaveLength(3 * 2);
      expect(server.runs[runs].info.status).toBe('FINISHED');
    }
  },
);

it('a token that is refused is said once, without the token, and not tried again', async () => {
  write(2);
  const said: string[] = [];
  server.disturb({ status: 403 });
  const counts = await run({ said }).close();
  expect(counts.mlflow.errors).toBe(1);
  expect(said).toHaveLength(1);
  expect(said[0]).toContain('got 403');
  expect(said[0]).toContain('[redacted]');
  expect(said[0]).not.toContain(TOKEN);
});

it('the token goes into requests alone', async () => {
  write(2);
  server.disturb({ status: 500 });
  const counts = await run().close();
  expect(server.calls.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`)).toBe(
    true,
  );
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json') && name !== 'config.json')
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(files).toHaveLength(1);
  expect(JSON.stringify([files, counts, server.runs])).not.toContain(TOKEN);
});

it('a server that is down costs nothing but the wait, and gets all of it later', async () => {
  write(5);
  const { url } = server;
  await server.close();
  const down = mlflow({ url, env });
  const options = { say: () => {}, env, retryDelayMs: 1 };
  const counts = await track(folder, [down], options).close('finished', { timeoutMs: 100 });
  expect(counts.mlflow).toMatchObject({ points: 0, isCaughtUp: false });
  expect(counts.mlflow.lastError).toContain('needs an answer from');
  server = await mlflowServer(TOKEN);
  expect(await run().close()).toMatchObject({ mlflow: { points: 5, isCaughtUp: true } });
  expect(server.runs[0].metrics).toHaveLength(10);
});

it('a run that goes on is running again', async () => {
  write(2);
  await run().close('stopped');
  expect(server.runs[0].info.status).toBe('KILLED');
  write(4);
  const tracking = run();
  await tracking.close('failed');
  expect(server.runs).toHaveLength(1);
  expect(server.runs[0].metrics).toHaveLength(8);
  expect(server.runs[0].info.status).toBe('FAILED');
});

it('signs in by user and password, and needs an address', async () => {
  write(1);
  const open = await mlflowServer();
  try {
    const login = { MLFLOW_TRACKING_USERNAME: 'me', MLFLOW_TRACKING_PASSWORD: 'pass-word' };
    const sink = mlflow({ env: { ...login, MLFLOW_TRACKING_URI: open.url } });
    await track(folder, [sink], { env: {} }).close();
    const basic = Buffer.from('me:pass-word').toString('base64');
    expect(open.calls[0].headers.authorization).toBe(`Basic ${basic}`);
    expect(open.experiments).toEqual(['grpo']);
  } finally {
    await open.close();
  }
  expect(() => mlflow({ env: {} })).toThrow('mlflow: needs the address of a server');
});

it('what is no MLflow server is said to be none', async () => {
  write(1);
  const said: string[] = [];
  const sink = mlflow({ url: `${server.url}/elsewhere`, env });
  await track(folder, [sink], { say: (line) => said.push(line), env }).close();
  expect(said[0]).toContain('mlflow: needs success from');
});
