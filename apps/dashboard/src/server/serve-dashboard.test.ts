import { appendFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { episodeLine, metricsLine, startedAt, writeRun } from '../testing.js';
import type { EpisodeDetail, EpisodePage, RunSummary, Series } from '../types.js';
import { type Dashboard, serveDashboard } from './serve-dashboard.js';

let root = '';
let dashboard: Dashboard;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'grpo-dashboard-'));
  writeFileSync(join(root, 'secret.json'), '{"secret":true}');
  const failed = { ...startedAt(3), level: 'error', event: 'failed', message: 'Broke.' } as const;
  writeRun(join(root, 'runs', 'a'), {
    steps: 5,
    episodes: [
      episodeLine({ step: 1 }),
      episodeLine({ step: 1, advantage: -0.5, messages: [{ role: 'user', content: 'ß→' }] }),
      episodeLine({ step: 2 }),
    ],
    events: [
      { ...startedAt(0), fields: { maxSteps: 5 } },
      { ...startedAt(2), level: 'warning', event: 'alarm' },
      failed,
    ],
  });
  writeRun(join(root, 'runs', 'b'), { steps: 3, config: { seed: 2 } });
  dashboard = await serveDashboard([join(root, 'runs')], { port: 0 });
});
afterEach(async () => {
  await dashboard.close();
  rmSync(root, { recursive: true });
});

const at = (path: string) => fetch(`${dashboard.url}${path}`);
async function read<T>(path: string): Promise<T> {
  const response = await at(path);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

/** The status and body of a path as it stands: `fetch` would tidy it up. */
function rawStatus(path: string, host = 'localhost'): Promise<string> {
  const port = Number(new URL(dashboard.url).port);
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.end(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    );
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

test('the runs of a folder are listed with how they stand', async () => {
  const [a, b] = await read<RunSummary[]>('api/runs');
  expect(a).toMatchObject({
    id: 'a',
    state: 'failed',
    step: 5,
    maxSteps: 5,
    rowCount: 5,
    episodeCount: 3,
    rewardNames: ['answer', 'format'],
    alarms: 1,
    bytesLeft: 0,
    damagedLines: 0,
  });
  expect(b).toMatchObject({ id: 'b', state: 'stopped', step: 3, episodeCount: 0 });
  expect(a.metricNames).toContain('clip_ratio/region_mean');
});

test('a series holds the values of the file', async () => {
  const query = 'metric=reward&metric=eval/reward&smooth=0.5';
  const [reward, evaluation] = await read<Series[]>(`api/series?run=a&${query}`);
  const line = JSON.parse(metricsLine(2, 5)) as Record<string, number>;
  expect(reward.steps).toEqual([1, 2, 3, 4, 5]);
  expect(reward.values[1]).toBe(line.reward);
  expect(reward.smoothed).toBeUndefined(); // too few to smooth
  expect(reward.count).toBe(5);
  expect(reward.last).toEqual({ step: 5, value: reward.values[4] });
  expect(evaluation.count).toBe(5);
  writeRun(join(root, 'runs', 'c'), { steps: 40 });
  await read('api/runs');
  const [long, few] = await read<Series[]>(`api/series?run=c&${query}`);
  expect(long.smoothed?.values[0]).toBe(long.values[0]);
  expect(long.smoothed?.values[1]).not.toBe(long.values[1]);
  expect(few).not.toHaveProperty('smoothed');
});

test('rows that a run writes are there at the next question, and a new run joins', async () => {
  await read('api/runs');
  appendFileSync(join(root, 'runs', 'a', 'metrics.jsonl'), metricsLine(6, 5));
  writeRun(join(root, 'runs', 'c'), { steps: 1 });
  const runs = await read<RunSummary[]>('api/runs');
  expect(runs.map(({ id, step }) => [id, step])).toEqual([
    ['a', 6],
    ['b', 3],
    ['c', 1],
  ]);
});

test('an episode is read from its place, with its relatives', async () => {
  const page = await read<EpisodePage>('api/episodes?run=a&toStep=1&order=oldest');
  expect(page).toMatchObject({ total: 2, offset: 0, isComplete: true });
  expect(page.entries.map(({ advantage }) => advantage)).toEqual([0.5, -0.5]);
  const episode = await read<EpisodeDetail>('api/episode?run=a&n=1');
  expect(episode).toMatchObject({
    n: 1,
    messages: [{ role: 'user', content: 'ß→' }],
    members: [{ n: 0 }, { n: 1 }],
    earlier: null,
    later: 2,
    pieces: null,
  });
  expect((await at('api/episode?run=a&n=99')).status).toBe(404);
  expect((await at('api/episode?run=a&n=x')).status).toBe(404);
});

test('an offset or a limit beyond the list gives what there is', async () => {
  const far = await read<EpisodePage>('api/episodes?run=a&offset=1e9&limit=-4');
  expect(far).toMatchObject({ total: 3, offset: 3, entries: [] });
});

test('a task, the events and the configurations are answered', async () => {
  expect(await read('api/task?run=a&task=train.jsonl:1')).toMatchObject({ steps: [1, 2] });
  expect(await read('api/events?run=a')).toHaveLength(3);
  expect(await read('api/config?run=b')).toMatchObject({
    config: { seed: 2 },
    run: { loss: 'grpo' },
  });
});

test('the live stream tells what is there and then what changes', async () => {
  const stream = await new Promise<IncomingMessage>((resolve) => {
    get(`${dashboard.url}api/live`, resolve);
  });
  let text = '';
  stream.setEncoding('utf8').on('data', (data: string) => {
    text += data;
  });
  const until = async (isDone: () => boolean) => {
    while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await until(() => text.includes('"id":"b"') && text.includes('"step":5'));
  appendFileSync(join(root, 'runs', 'a', 'metrics.jsonl'), metricsLine(6, 5));
  await until(() => text.includes('"step":6'));
  const told = text.split('data: ').at(-1) ?? '';
  expect(told).toContain('"id":"a"');
  expect(told).not.toContain('"id":"b"');
  expect(stream.headers['content-type']).toContain('text/event-stream');
  stream.destroy();
});

test.each([
  '/../secret.json',
  '/..%2fsecret.json',
  '/%2e%2e/secret.json',
  '/page/../../secret.json',
  '/page/../server/guard.js',
  '/server/guard.js',
  '/page/main.ts',
  '/frame.css/../index.html',
  '//etc/passwd',
  '/api/config?run=../secret.json',
  '/api/config?run=..',
  '/api/episodes?run=__proto__',
  '/constructor',
  '/api/constructor?run=a',
])('%s leads nowhere', async (path) => {
  const text = await rawStatus(path);
  expect(text).toMatch(/^HTTP\/1\.1 404 /);
  expect(text).not.toContain('secret');
});

test('a file of a run that links out of it is not read', async () => {
  const config = join(root, 'runs', 'b', 'config.json');
  rmSync(config);
  symlinkSync(join(root, 'secret.json'), config);
  expect(await read('api/config?run=b')).toMatchObject({ config: null });
});

test('a name that was made to point here is refused, with every header of a safe answer', async () => {
  const refused = await rawStatus('/api/runs', 'evil.example');
  expect(refused).toMatch(/^HTTP\/1\.1 403 /);
  expect(refused).toContain('content-security-policy');
  expect(refused).not.toContain('metricNames');
  const page = await at('');
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  expect(await page.text()).not.toMatch(/<script(?![^>]*src=)|\son\w+=|style=/);
});

test('it listens on loopback unless told otherwise, and a taken port is told of', async () => {
  const { hostname, port } = new URL(dashboard.url);
  expect(hostname).toBe('127.0.0.1');
  const folders = [join(root, 'runs')];
  await expect(serveDashboard(folders, { port: Number(port) })).rejects.toThrow('EADDRINUSE');
});
