import { afterEach, expect, test } from 'vitest';
import { type MetricsServer, prometheusText, serveMetrics } from './serve-metrics.js';

let server: MetricsServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

test('the newest record is what is scraped', async () => {
  server = await serveMetrics({ port: 0, labels: { run: 'a "b"\\' } });
  expect(await (await fetch(server.url)).text()).toBe('');
  await server.tracker({ step: 1, reward: 0.25 });
  await server.tracker({ step: 2, reward: 0.5 });
  const response = await fetch(server.url);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await response.text()).toBe(
    [
      '# TYPE grpo_step gauge',
      'grpo_step{run="a \\"b\\"\\\\"} 2',
      '# TYPE grpo_reward gauge',
      'grpo_reward{run="a \\"b\\"\\\\"} 0.5',
      '',
    ].join('\n'),
  );
});

test('names keep what Prometheus allows, and numbers that are not finite are written as it reads them', () => {
  const record = {
    step: 1,
    'clip_ratio/low_mean': Number.NaN,
    'clip ratio/low-mean': 3,
    'ratio/max': Number.POSITIVE_INFINITY,
    'ratio/min': Number.NEGATIVE_INFINITY,
  };
  const samples = prometheusText(record)
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  expect(samples).toEqual([
    'grpo_step 1',
    'grpo_clip_ratio_low_mean NaN',
    'grpo_ratio_max +Inf',
    'grpo_ratio_min -Inf',
    '',
  ]);
});

test('it listens on loopback, answers a health check, and nothing else', async () => {
  server = await serveMetrics({ port: 0 });
  const { origin, hostname } = new URL(server.url);
  expect(hostname).toBe('127.0.0.1');
  expect(await (await fetch(`${origin}/health`)).text()).toBe('ok\n');
  expect((await fetch(`${origin}/../etc/passwd`)).status).toBe(404);
  expect((await fetch(server.url, { method: 'POST', body: 'x' })).status).toBe(404);
});

test('a port that is taken is an error', async () => {
  server = await serveMetrics({ port: 0 });
  const port = Number(new URL(server.url).port);
  await expect(serveMetrics({ port })).rejects.toThrow('EADDRINUSE');
});
