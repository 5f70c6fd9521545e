import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestJson } from './request-json.js';

const answers: Record<string, (response: ServerResponse) => void> = {
  '/ok': (response) => response.end('{"a":1}'),
  '/text': (response) => response.end('fine'),
  '/moved': (response) => response.writeHead(307, { location: '/ok' }).end(),
  '/busy': (response) => response.writeHead(429, { 'retry-after': '7' }).end('slow down'),
  '/broken': (response) => response.writeHead(502).end('x'.repeat(1000)),
  '/wrong': (response) => response.writeHead(400).end('no password=hunter2 and my-secret-value'),
};
const server = createServer((request, response) => answers[request.url ?? '']?.(response));
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const { signal } = new AbortController();
const ask = (path: string, accepts: readonly number[] = []) =>
  requestJson('test', `${url}${path}`, { signal, secrets: ['my-secret-value'] }, accepts);

it('gives the object of an answer, and an empty one for what is none', async () => {
  expect(await ask('/ok')).toEqual({ status: 200, body: { a: 1 } });
  expect(await ask('/text')).toEqual({ status: 200, body: {} });
  expect((await ask('/wrong', [400])).status).toBe(400);
});

it('says which failures are worth another try, and when', async () => {
  await expect(ask('/busy')).rejects.toMatchObject({ isRetryable: true, retryAfterMs: 7000 });
  await expect(ask('/broken')).rejects.toMatchObject({ isRetryable: true });
  await expect(ask('/wrong')).rejects.toMatchObject({ isRetryable: false });
  await expect(ask('/moved')).rejects.toMatchObject({ isRetryable: false });
});

it('an error is short and holds no secret', async () => {
  await expect(ask('/wrong')).rejects.toThrow(
    `test: needs success from ${url}/wrong, got 400: no password=[redacted] and [redacted]`,
  );
  await expect(ask('/broken')).rejects.toSatisfy((error: Error) => error.message.length < 400);
});

it('no connection, and no answer in time, are worth another try', async () => {
  const closed = requestJson('test', 'http://127.0.0.1:1/', { signal });
  await expect(closed).rejects.toMatchObject({ isRetryable: true });
  const silent = requestJson('test', `${url}/silent`, { signal: AbortSignal.timeout(20) });
  await expect(silent).rejects.toMatchObject({ isRetryable: true });
});
