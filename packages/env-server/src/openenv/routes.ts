import { HttpError } from '../http/http-error.js';
import type { JsonRequest, Routes } from '../http/json-server.js';
import type { Session } from '../session/session.js';
import { CapacityError, type Sessions } from '../session/sessions.js';
import type { Outcome } from '../types.js';
import { answerRpc } from './json-rpc.js';
import { checkShape, readAction, readReset, ValidationError } from './read-request.js';
import { openApi, SCHEMAS, STEP } from './schemas.js';

/**
 * OpenEnv's HTTP routes. As on its own servers, a `/reset`, `/step` or `/state` by itself has an environment of its
 * own that is closed with the answer; with the `session_id` of `openenv/session/create` it belongs to that session,
 * so that whole episodes can be played without a WebSocket.
 */
export function openEnvRoutes(sessions: Sessions): Routes {
  const { served } = sessions;
  const { name, description = name, version } = served;
  const answering = (body: unknown) => () => ({ body });
  return {
    'GET /health': answering({ status: 'healthy' }),
    'GET /metadata': answering({ name, description, ...(version && { version }) }),
    'GET /schema': answering(SCHEMAS),
    'GET /openapi.json': answering(openApi(served)),
    'POST /mcp': async ({ text, signal }) => ({
      body: await answerRpc(text, { sessions, signal }),
    }),
    'POST /reset': async (request) => {
      const body = request.json();
      return {
        body: await played(body, sessions, (session) => session.reset(readReset(body), request)),
      };
    },
    'POST /step': async (request) => {
      const body = request.json();
      return {
        body: await played(body, sessions, (session, isOwn) => step(session, body, request, isOwn)),
      };
    },
    'GET /state': ({ query }) => {
      const id = query.get('session_id');
      if (id !== null) return { body: foundSession(sessions, id).state() };
      return { body: { episode_id: null, step_count: 0, task: null, ending: null } };
    },
  };
}

/** @throws HttpError 404 with what may have become of the session */
export function foundSession(sessions: Sessions, id: string): Session {
  const session = sessions.find(id);
  if (session !== undefined) return session;
  throw new HttpError(
    404,
    `Unknown session_id: ${id.slice(0, 100)}. It was closed or not used for too long, or the server was started anew. Open another session.`,
  );
}

async function step(
  session: Session,
  body: Readonly<Record<string, unknown>>,
  { signal }: JsonRequest,
  isOwn: boolean,
): Promise<Outcome> {
  checkShape(STEP, body, 'body');
  const action = readAction(body.action);
  const { timeout_s: seconds, request_id: requestId } = body;
  if (isOwn && action.type !== 'list_tools') await session.reset({}, { signal });
  return session.step(action, {
    signal,
    ...(typeof requestId === 'string' && { requestId }),
    ...(typeof seconds === 'number' && { timeoutMs: seconds * 1000 }),
  });
}

/** Plays in the session of the request, or in one of its own that is closed afterwards. */
async function played(
  body: Readonly<Record<string, unknown>>,
  sessions: Sessions,
  play: (session: Session, isOwn: boolean) => Promise<Outcome>,
): Promise<Outcome> {
  const { session_id: id } = body;
  const held = id === undefined ? undefined : foundSession(sessions, String(id));
  try {
    const session = held ?? sessions.open();
    try {
      return await play(session, held === undefined);
    } finally {
      if (held === undefined) await sessions.close(session.id);
    }
  } catch (error) {
    if (error instanceof ValidationError) throw new HttpError(422, error.problems);
    if (error instanceof CapacityError) throw new HttpError(503, error.message);
    throw error;
  }
}
