import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Reply, Routes } from './routes.js';
import type { Fault, SeenRequest, StandIn, StandInOptions } from './types.js';

const PREFIX = '/api/v1/';
/** Bytes of one request: more than the protocol's own limit. */
const MAX_BYTES = 16 * 2 ** 20;

/**
 * A server of the Tinker protocol in this process, on models of yours: what a test trains against. It answers as
 * SkyRL's JAX server was recorded to, its traps among them: weights must be published before they are sampled, the
 * first sample puts them into the live model, an empty list is never answered, a poll ends with 408, numbers that are
 * none come as null, and a numbered request that comes twice is done once.
 */
export async function startStandIn(given: StandInOptions): Promise<StandIn> {
  const options: Required<StandInOptions> = {
    baseModel: 'base-models/tiny',
    reduction: 'skyrl-jax',
    maxRank: 16,
    maxModels: 8,
    pollMs: 300_000,
    fault: () => undefined,
    ...given,
  };
  const routes = new Routes(options);
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '' } = request;
    const body = await jsonOf(request);
    const route = url.startsWith(PREFIX) ? url.slice(PREFIX.length) : url;
    const seen = { method, route, body };
    requests.push(seen);
    const fault: Fault | undefined = options.fault(seen);
    if (fault === 'silent') return;
    if (fault === 'dropped') {
      response.destroy();
      return;
    }
    const reply: Reply =
      typeof fault === 'object'
        ? fault
        : await routes.answer(method, route, (body ?? {}) as object as Record<string, unknown>);
    if (fault === 'answer-lost') {
      response.destroy();
      return;
    }
    const isJson = reply.json !== undefined;
    response.writeHead(reply.status, {
      'content-type': isJson ? 'application/json' : 'text/plain',
    });
    response.end(isJson ? JSON.stringify(reply.json) : reply.text);
  }

  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  const stop = () =>
    new Promise<void>((resolve) => {
      if (!server.listening) return resolve();
      server.close(() => resolve());
      server.closeAllConnections();
    });

  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    stop,
    async restart() {
      await stop();
      await routes.forgetModels();
      await listen(port);
    },
    async dispose() {
      await stop();
      await routes.forgetModels();
    },
  };
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk as string;
    if (text.length > MAX_BYTES) throw new Error('startStandIn: needs a smaller request');
  }
  return text === '' ? undefined : JSON.parse(text);
}
