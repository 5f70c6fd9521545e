import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkAddress, checkRequest } from './guard.js';
import { HttpError } from './http-error.js';

/** What a route sees of a request. */
export interface JsonRequest {
  /** The name in an address below `/scope/NAME`. */
  readonly scope: string | undefined;
  readonly query: URLSearchParams;
  readonly cookies: Readonly<Record<string, string>>;
  /** The body as it came. */
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as JSON; an empty one is `{}`. Throws HttpError 422. */
  readonly json: () => Readonly<Record<string, unknown>>;
  /** Aborted when the client hung up or the server closes. */
  readonly signal: AbortSignal;
}

/** What a route answers. */
export interface JsonAnswer {
  /** JSON; where there are events, what is sent if there is an error before the first. */
  readonly body: unknown;
  /** Server-sent events instead of a body: the data of each. */
  readonly events?: AsyncIterable<string>;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Route = (request: JsonRequest) => JsonAnswer | Promise<JsonAnswer>;

/** Routes by method and path, such as `POST /reset`. */
export type Routes = Readonly<Record<string, Route>>;

/** Options of `listen`. */
export interface ListenOptions {
  /** For the errors. */
  readonly caller: string;
  readonly port: number;
  readonly host: string;
  readonly token: string | undefined;
  readonly maxBodyBytes: number;
  /** Limit of reading one request, in ms. */
  readonly timeoutMs: number;
  readonly maxConnections: number;
  /** How an error is told. Default `{ detail }`. */
  readonly errorBody?: (detail: unknown, status: number) => unknown;
}

/** A server that listens. */
export interface Listening {
  readonly server: Server;
  readonly url: string;
  close(): Promise<void>;
}

/** The vanished peer of a connection is noticed by the system after this long, in ms, and ten probes. */
const KEEP_ALIVE_MS = 30_000;

/**
 * Listens, and answers JSON with JSON. An error is `{ detail }` with its status: 401 and 403 as `checkRequest` says,
 * 404, 405, 408 a body that does not come, 413 a body beyond the limit, 415 another type than JSON, 422 a body
 * that is no JSON object, 500 what a route throws otherwise.
 *
 * @throws TypeError if others can reach the host and there is no token; rejects if the port is taken
 */
export async function listen(
  routes: Routes,
  {
    caller,
    port,
    host,
    token,
    maxBodyBytes,
    timeoutMs,
    maxConnections,
    errorBody = (detail) => ({ detail }),
  }: ListenOptions,
): Promise<Listening> {
  checkAddress(caller, host, token);
  const open = new Set<AbortController>();
  const server = createServer((request, response) => {
    const gone = new AbortController();
    open.add(gone);
    response.once('close', () => {
      open.delete(gone);
      gone.abort(new Error('the client hung up'));
    });
    void answer(request, response, routes, { token, maxBodyBytes, errorBody }, gone.signal);
  });
  server.headersTimeout = Math.min(60_000, timeoutMs);
  server.requestTimeout = timeoutMs;
  server.maxConnections = maxConnections;
  server.on('connection', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: Math.max(511, maxConnections) }, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    server,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        for (const gone of open) gone.abort(new Error('the server closes'));
        server.close(() => resolve()); // an error only says that it was closed before
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: Routes,
  limits: Pick<ListenOptions, 'token' | 'maxBodyBytes'> & {
    readonly errorBody: NonNullable<ListenOptions['errorBody']>;
  },
  signal: AbortSignal,
): Promise<void> {
  let status = 200;
  let answered: JsonAnswer;
  try {
    answered = await routed(request, routes, limits, signal);
  } catch (error) {
    status = error instanceof HttpError ? error.status : 500;
    const detail = error instanceof HttpError ? error.detail : messageOf(error);
    answered = { body: limits.errorBody(detail, status) };
  }
  if (response.destroyed) return;
  if (status === 200 && answered.events !== undefined) return send(response, answered.events);
  // What was not read of the body cannot be skipped safely: the connection ends with the answer.
  const ends = request.complete ? {} : { connection: 'close' };
  response.writeHead(status, {
    'content-type': 'application/json',
    ...ends,
    ...answered.headers,
  });
  response.end(JSON.stringify(answered.body));
}

/** Sends events as they come; one that cannot be made breaks the connection off, so that no half is taken for a whole. */
async function send(response: ServerResponse, events: AsyncIterable<string>): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  try {
    for await (const data of events) response.write(`data: ${data}\n\n`);
    response.end();
  } catch {
    response.destroy();
  }
}

async function routed(
  request: IncomingMessage,
  routes: Routes,
  { token, maxBodyBytes }: { readonly token: string | undefined; readonly maxBodyBytes: number },
  signal: AbortSignal,
): Promise<JsonAnswer> {
  const { method = 'GET' } = request;
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  checkRequest(request, token);
  // A client may have a place of its own below the address: `/scope/NAME/v1/…`.
  const [, scope, rest] = /^\/scope\/([\w.:-]{1,128})(\/.*)$/.exec(path) ?? [];
  const key = `${method} ${rest ?? path}`;
  if (!Object.hasOwn(routes, key)) {
    const other = `${method === 'GET' ? 'POST' : 'GET'} ${rest ?? path}`;
    if (Object.hasOwn(routes, other)) throw new HttpError(405, `Use ${other}.`);
    throw new HttpError(404, `There is no ${path.slice(0, 200)}.`);
  }
  const text = method === 'GET' ? '' : await readText(request, maxBodyBytes);
  if (text !== '' && !/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw new HttpError(415, 'Send JSON with content-type: application/json.');
  return routes[key]({
    scope,
    query: new URLSearchParams(query),
    cookies: cookiesOf(request.headers.cookie),
    headers: request.headers,
    text,
    json: () => jsonObject(text),
    signal,
  });
}

async function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new HttpError(413, `A request has at most ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  if (text === '') return {};
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const detail = [{ type: 'json_invalid', loc: ['body'], msg: messageOf(error) }];
    throw new HttpError(422, detail);
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json))
    return json as Readonly<Record<string, unknown>>;
  const detail = [{ type: 'dict_type', loc: ['body'], msg: 'The body must be a JSON object' }];
  throw new HttpError(422, detail);
}

function cookiesOf(header = ''): Readonly<Record<string, string>> {
  return Object.fromEntries(
    header.split(';').flatMap((pair) => {
      const [name = '', value] = pair.split('=', 2);
      return value === undefined ? [] : [[name.trim(), value.trim()]];
    }),
  );
}

/** What an error says, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
