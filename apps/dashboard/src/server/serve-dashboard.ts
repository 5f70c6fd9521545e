import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer } from './api.js';
import { assetAt } from './assets.js';
import { refusal, SECURITY_HEADERS } from './guard.js';
import { LiveStream } from './live-stream.js';
import { RunStore } from './run-store.js';

/** TensorBoard's is 6006; both may run. */
export const DEFAULT_PORT = 6007;

export interface DashboardOptions {
  /** 0 takes a free one. Default 6007. */
  readonly port?: number;
  /** Default loopback: whoever can reach the address reads the runs. */
  readonly host?: string;
  /** Names besides addresses and `localhost` under which the page may be opened, such as that of a reverse proxy. */
  readonly allowedHosts?: readonly string[];
}

export interface Dashboard {
  /** Such as `http://127.0.0.1:6007/`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves a page over the records of runs. It reads what the runs write and writes nothing itself.
 *
 * @param folders each a run, or a folder that holds runs; folders and runs that come later join
 * @throws if the port is taken
 */
export async function serveDashboard(
  folders: readonly string[],
  { port = DEFAULT_PORT, host = '127.0.0.1', allowedHosts = [] }: DashboardOptions = {},
): Promise<Dashboard> {
  const store = new RunStore(folders);
  const live = new LiveStream(store);
  const server = createServer((request, response) => {
    respond(request, response, { store, live, allowedHosts }).catch(() => {
      // What went wrong may hold paths: it is not for the page.
      if (!response.headersSent) sendText(response, 500, 'The server could not answer.');
      else response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  const shownHost = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return {
    url: `http://${shownHost}:${bound.port}/`,
    close: () =>
      new Promise((resolve, reject) => {
        live.close();
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

interface Served {
  readonly store: RunStore;
  readonly live: LiveStream;
  readonly allowedHosts: readonly string[];
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { store, live, allowedHosts }: Served,
): Promise<void> {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  const refused = refusal(request, allowedHosts);
  if (refused) return sendText(response, refused.status, refused.reason);
  // Cut by hand: `new URL` would resolve `..`, and a path with it is simply unknown.
  const [path, query = ''] = (request.url ?? '/').split('?', 2);
  if (path === '/api/live') return live.add(response);
  if (path.startsWith('/api/')) {
    const value = await answer(path, new URLSearchParams(query), store);
    if (value === undefined) return sendText(response, 404, 'There is no such run or record.');
    return sendBody(response, 'application/json; charset=utf-8', JSON.stringify(value));
  }
  const asset = assetAt(path);
  if (asset === undefined) return sendText(response, 404, 'There is no such page.');
  sendBody(response, asset.type, asset.body);
}

function sendBody(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'content-type': type });
  response.end(body);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
