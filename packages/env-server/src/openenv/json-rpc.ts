import { messageOf } from '../http/json-server.js';
import type { Session } from '../session/session.js';
import { CapacityError, type Sessions } from '../session/sessions.js';
import { checkShape } from './read-request.js';
import { JSON_RPC } from './schemas.js';

/** Codes of JSON-RPC 2.0, section 5.1. */
const CODES = {
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  internal: -32603,
  server: -32000,
} as const;

type Fields = Readonly<Record<string, unknown>>;
type RpcId = string | number | null;

/** An answer that is an error. */
class RpcError extends Error {
  constructor(
    readonly kind: keyof typeof CODES,
    message: string,
    readonly data: unknown = null,
  ) {
    super(message);
  }
}

/** Who asks: over a WebSocket its own session, else the one that a call names. */
export interface RpcCaller {
  readonly sessions: Sessions;
  readonly session?: Session;
  readonly signal?: AbortSignal;
}

/**
 * Answers one JSON-RPC request as OpenEnv's servers do: `tools/list`, `tools/call`, `openenv/session/create` and
 * `openenv/session/close`. A call of a tool without a session has an episode of its own, which ends with the call.
 * Errors are answers too, so that it never rejects.
 */
export async function answerRpc(text: string, caller: RpcCaller): Promise<Fields> {
  let id: RpcId = null;
  try {
    const request = parsed(text);
    if (typeof request.id === 'string' || typeof request.id === 'number') id = request.id;
    return { jsonrpc: '2.0', id, result: await resultOf(request, caller) };
  } catch (error) {
    const { kind, data } = error instanceof RpcError ? error : { kind: 'internal', data: null };
    return {
      jsonrpc: '2.0',
      id,
      error: { code: CODES[kind as keyof typeof CODES], message: messageOf(error), data },
    };
  }
}

function parsed(text: string): Fields {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new RpcError('parse', `Parse error: ${messageOf(error)}`);
  }
  try {
    checkShape(JSON_RPC, json, 'request');
  } catch (error) {
    throw new RpcError('request', `Invalid request: ${messageOf(error)}`);
  }
  return json as Fields;
}

function resultOf({ method, params = {} }: Fields, caller: RpcCaller): unknown {
  const given = params as Fields;
  switch (method) {
    case 'tools/list':
      return listTools(caller);
    case 'tools/call':
      return callTool(given, caller);
    case 'openenv/session/create':
      return createSession(caller);
    case 'openenv/session/close':
      return closeSession(given, caller);
    default:
      throw new RpcError('method', `Method not found: ${String(method).slice(0, 100)}`);
  }
}

function toolsOf({ sessions: { served } }: RpcCaller) {
  if (served.tools !== undefined) return served.tools;
  throw new RpcError('internal', 'Environment does not support MCP');
}

function listTools(caller: RpcCaller): Fields {
  return {
    tools: toolsOf(caller).map(({ name, description, parameters }) => ({
      name,
      description,
      inputSchema: parameters,
    })),
  };
}

async function callTool(params: Fields, caller: RpcCaller): Promise<Fields> {
  toolsOf(caller);
  const { name, arguments: args = {}, session_id: id } = params;
  if (typeof name !== 'string') throw new RpcError('params', "Missing 'name' in params");
  const held = caller.session ?? (id === undefined ? undefined : found(id, caller));
  const session = held ?? opened(caller);
  try {
    const { observation } = await session.callTool(name, args, { signal: caller.signal });
    const content = [{ type: 'text', text: observation.result }];
    return { content, isError: observation.error !== null };
  } finally {
    if (held === undefined) await caller.sessions.close(session.id);
  }
}

function createSession(caller: RpcCaller): Fields {
  return { session_id: (caller.session ?? opened(caller)).id };
}

async function closeSession({ session_id: id }: Fields, caller: RpcCaller): Promise<Fields> {
  if (id === undefined || id === '')
    throw new RpcError('params', "Invalid params - 'session_id' is required");
  if (id === caller.session?.id)
    throw new RpcError('request', 'Cannot close active WebSocket-managed session via MCP method');
  await caller.sessions.close(found(id, caller).id);
  return { session_id: id, closed: true };
}

function found(id: unknown, { sessions }: RpcCaller): Session {
  const session = typeof id === 'string' ? sessions.find(id) : undefined;
  if (session !== undefined) return session;
  throw new RpcError('params', `Unknown session_id: ${String(id).slice(0, 100)}`);
}

function opened({ sessions }: RpcCaller): Session {
  try {
    return sessions.open();
  } catch (error) {
    if (!(error instanceof CapacityError)) throw error;
    const { activeSessions, maxSessions } = error;
    const data = { active_sessions: activeSessions, max_sessions: maxSessions };
    throw new RpcError('server', error.message, data);
  }
}
