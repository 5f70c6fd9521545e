import type { RawData, WebSocket } from 'ws';
import { messageOf } from '../http/json-server.js';
import type { Session } from '../session/session.js';
import { CapacityError, FactoryError, type Sessions } from '../session/sessions.js';
import { answerRpc } from './json-rpc.js';
import { checkShape, readAction, readReset, ValidationError } from './read-request.js';

/** OpenEnv's codes of errors on `/ws`. */
type ErrorCode =
  | 'INVALID_JSON'
  | 'UNKNOWN_TYPE'
  | 'VALIDATION_ERROR'
  | 'EXECUTION_ERROR'
  | 'CAPACITY_REACHED'
  | 'FACTORY_ERROR'
  | 'SESSION_ERROR';

type Fields = Readonly<Record<string, unknown>>;

/** What the client is sent next; `undefined` closes the connection. */
type Answer = (text: string, session: Session) => Promise<Fields | undefined>;

/** How a connection is served. */
export interface SocketOptions {
  readonly sessions: Sessions;
  /** A client that does not take an answer for so long has vanished, in ms. */
  readonly sendTimeoutMs: number;
}

const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;

/** Serves OpenEnv's session protocol on a connection of `/ws`: one session, one answer for each message. */
export function serveSession(socket: WebSocket, options: SocketOptions): void {
  const { sessions } = options;
  serve(socket, options, (text, session) => answerFrame(text, session, sessions), refusal);
}

/** Serves bare JSON-RPC on a connection of `/mcp`: one session, one answer for each request. */
export function serveRpc(socket: WebSocket, options: SocketOptions): void {
  const { sessions } = options;
  const refused = (error: CapacityError): Fields => ({
    jsonrpc: '2.0',
    id: null,
    error: {
      code: -32000,
      message: error.message,
      data: { active_sessions: error.activeSessions, max_sessions: error.maxSessions },
    },
  });
  serve(socket, options, (text, session) => answerRpc(text, { sessions, session }), refused);
}

function serve(
  socket: WebSocket,
  { sessions, sendTimeoutMs }: SocketOptions,
  answer: Answer,
  refused: (error: CapacityError) => Fields,
): void {
  socket.on('error', () => socket.terminate()); // a broken frame or a reset: `close` follows
  let session: Session;
  try {
    session = sessions.open(() => {
      const message = 'Nobody used the session for too long. Open another one.';
      socket.send(JSON.stringify(errorFrame('SESSION_ERROR', message)));
      socket.close(GOING_AWAY, 'idle');
    });
  } catch (error) {
    if (!(error instanceof CapacityError)) throw error;
    socket.send(JSON.stringify(refused(error)));
    socket.close(TRY_AGAIN_LATER, 'at capacity');
    return;
  }
  const { id } = session;
  socket.on('close', () => void sessions.close(id));
  socket.on('message', async (data: RawData, isBinary: boolean) => {
    // One at a time: what the client sends meanwhile waits on its side of the connection.
    socket.pause();
    const text = isBinary ? '' : data.toString();
    const answered = await answer(text, session);
    if (answered === undefined) socket.close();
    else await sent(socket, JSON.stringify(answered), sendTimeoutMs);
    socket.resume();
  });
}

/** Sends a text; a peer that does not take it is cut off. */
async function sent(socket: WebSocket, text: string, timeoutMs: number): Promise<void> {
  const timer = setTimeout(() => socket.terminate(), timeoutMs);
  await new Promise<void>((resolve) => socket.send(text, () => resolve()));
  clearTimeout(timer);
}

async function answerFrame(
  text: string,
  session: Session,
  sessions: Sessions,
): Promise<Fields | undefined> {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch (error) {
    return errorFrame('INVALID_JSON', `Invalid JSON: ${messageOf(error)}`);
  }
  try {
    checkShape({ type: 'object' }, frame, 'message');
    const { type, ...rest } = frame as Fields;
    return await answerMessage(type, rest, session, sessions);
  } catch (error) {
    return refusal(error);
  }
}

async function answerMessage(
  type: unknown,
  rest: Fields,
  session: Session,
  sessions: Sessions,
): Promise<Fields | undefined> {
  const only = (fields: readonly string[]) =>
    checkShape(
      {
        properties: Object.fromEntries(fields.map((one) => [one, true])),
        additionalProperties: false,
      },
      rest,
      'message',
    );
  switch (type) {
    case 'reset': {
      only(['data']);
      const data = await session.reset(readReset(rest.data ?? {}));
      return { type: 'observation', data };
    }
    case 'step': {
      only(['data']);
      return { type: 'observation', data: await session.step(readAction(rest.data)) };
    }
    case 'state':
      only([]);
      return { type: 'state', data: session.state() };
    case 'mcp': {
      only(['data']);
      const text = JSON.stringify(rest.data ?? null);
      return { type: 'mcp', data: await answerRpc(text, { sessions, session }) };
    }
    case 'close':
      only([]);
      return undefined;
    default:
      return errorFrame('UNKNOWN_TYPE', `Unknown message type: ${String(type).slice(0, 100)}`);
  }
}

function refusal(error: unknown): Fields {
  if (error instanceof ValidationError)
    return errorFrame('VALIDATION_ERROR', 'Invalid message', { errors: error.problems });
  if (error instanceof CapacityError) {
    const { activeSessions, maxSessions } = error;
    const counts = { active_sessions: activeSessions, max_sessions: maxSessions };
    return errorFrame('CAPACITY_REACHED', error.message, counts);
  }
  if (error instanceof FactoryError)
    return errorFrame('FACTORY_ERROR', error.message, { factory_name: error.factoryName });
  return errorFrame('EXECUTION_ERROR', messageOf(error));
}

function errorFrame(code: ErrorCode, message: string, details: Fields = {}): Fields {
  return { type: 'error', data: { message, code, ...details } };
}
