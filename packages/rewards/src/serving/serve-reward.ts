import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBounded } from '../chat-models/read-bounded.js';
import type { Reward } from '../types.js';
import { answerOpenRlhf, type OpenRlhfOptions, OpenRlhfRequestError } from './answer-open-rlhf.js';

/** Options of `serveReward`. */
export interface ServeOptions extends Omit<OpenRlhfOptions, 'signal'> {
  /** Default 0: a free port, which the returned url names. */
  readonly port?: number;
  /** Default 127.0.0.1. An address that others can reach needs a token. */
  readonly host?: string;
  /** What clients send as `Authorization: Bearer …`. */
  readonly token?: string;
  /** Longest request, in bytes. Default 16 MiB. */
  readonly maxBodyBytes?: number;
  /** Limit of reading a request, and of each call of the reward, in ms. Default 120 000. */
  readonly timeoutMs?: number;
}

/** A reward that is being served. */
export interface RewardServer {
  /** The address to give to OpenRLHF, such as `http://127.0.0.1:5000/`. */
  readonly url: string;
  /** Stops listening, breaks open connections off, and resolves when all is closed. */
  close(): Promise<void>;
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** An answer other than 200. */
class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Serves a reward in OpenRLHF's remote-reward JSON (`--reward.remote_url`), so that it trains there:
 *
 *     POST /        { query, prompts, labels }  →  { rewards, scores, extra_logs }
 *     GET  /health  →  { status: "ok", reward: name }
 *
 * `scores` are the rewards clipped to 0..1; `extra_logs` are the reward's parts. The format has no "not
 * applicable": such a sample fails its request with 500 and the reason, unless `nullReward` is chosen.
 * Errors are `{ error }` with a status: 400 a body that is no request, 401 a wrong token, 404, 405, 413 a
 * body beyond the limit, 415 another type than JSON, which no web page can send here unasked.
 *
 * @throws TypeError if others can reach the host and there is no token; rejects if the port is taken
 * @example
 * const { url, close } = await serveReward(numericAnswer(), { port: 5000 });
 */
export async function serveReward(
  reward: Reward,
  options: ServeOptions = {},
): Promise<RewardServer> {
  const { port = 0, host = '127.0.0.1', token, timeoutMs = 120_000 } = options;
  if (token === '' || (token === undefined && !LOOPBACK.test(host))) {
    throw new TypeError(
      `serveReward: needs a token to listen on ${host}, which others can reach. Give one, or leave host out.`,
    );
  }
  const closing = new AbortController();
  const server = createServer((request, response) => {
    void answer(request, response, reward, options, closing.signal);
  });
  server.headersTimeout = Math.min(60_000, timeoutMs);
  server.requestTimeout = timeoutMs;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`,
    close: () => {
      closing.abort();
      return closed(server);
    },
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve()); // an error only says that it was closed before
    server.closeAllConnections();
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  reward: Reward,
  options: ServeOptions,
  signal: AbortSignal,
): Promise<void> {
  const gone = new AbortController(); // of a client that hung up, or a server that closes
  const stop = (): void => gone.abort();
  response.once('close', stop);
  signal.addEventListener('abort', stop, { once: true });
  let status = 200;
  let body: unknown;
  try {
    body = await route(request, reward, options, gone.signal);
  } catch (error) {
    status = error instanceof HttpError ? error.status : 500;
    body = { error: error instanceof Error ? error.message : String(error) };
  } finally {
    signal.removeEventListener('abort', stop);
  }
  if (response.destroyed) return;
  // What was not read of the body cannot be skipped safely: the connection ends with the answer.
  const headers = request.complete ? {} : { connection: 'close' };
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

async function route(
  request: IncomingMessage,
  reward: Reward,
  { token, maxBodyBytes = 16 * 2 ** 20, ...options }: ServeOptions,
  signal: AbortSignal,
): Promise<unknown> {
  const path = (request.url ?? '/').split('?', 1)[0];
  if (request.method === 'GET' && path === '/health') return { status: 'ok', reward: reward.name };
  if (!['/', '/get_reward'].includes(path))
    throw new HttpError(404, `There is no ${path}. POST to /.`);
  if (request.method !== 'POST')
    throw new HttpError(405, `${request.method} is not served. Use POST.`);
  if (token !== undefined && !isToken(request.headers.authorization, token)) {
    throw new HttpError(401, 'Send the token of this server as "Authorization: Bearer …".');
  }
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    throw new HttpError(415, 'Send JSON with content-type: application/json.');
  }
  const text = await readBounded(request, maxBodyBytes);
  if (text === undefined) throw new HttpError(413, `A request has at most ${maxBodyBytes} bytes.`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new HttpError(400, `That is no request of OpenRLHF's remote reward: ${what}.`);
  }
  return answerOpenRlhf(json, reward, { ...options, signal }).catch((error: unknown) => {
    if (error instanceof OpenRlhfRequestError) throw new HttpError(400, error.message);
    throw error;
  });
}

/** Compares digests, so that the time it takes says nothing about the token. */
function isToken(header: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`));
}
