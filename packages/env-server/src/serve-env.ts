import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { checkRequest } from './http/guard.js';
import { HttpError } from './http/http-error.js';
import { listen } from './http/json-server.js';
import { nemoGymRoutes } from './nemo-gym/routes.js';
import { openRlhfRoutes } from './open-rlhf/routes.js';
import { openEnvRoutes } from './openenv/routes.js';
import { type SocketOptions, serveRpc, serveSession } from './openenv/socket.js';
import { tryOnce } from './session/served.js';
import { Sessions } from './session/sessions.js';
import { rewardRoutes } from './trl/reward-route.js';
import type { EnvServer, EnvServerOptions, ServedEnvironment } from './types.js';

/** Connections beside those of sessions: health checks, clients that are turned away, HTTP calls. */
const SPARE_CONNECTIONS = 1024;

const SOCKETS: Readonly<Record<string, (socket: WebSocket, options: SocketOptions) => void>> = {
  '/ws': serveSession,
  '/mcp': serveRpc,
};

/**
 * Serves an environment to trainers of other projects.
 *
 * - OpenEnv: sessions on the WebSocket `/ws`; `/reset`, `/step`, `/state`, `/schema`, `/metadata`, `/health` and
 *   `/openapi.json` over HTTP; JSON-RPC on `/mcp`, over HTTP and as a WebSocket.
 * - NeMo Gym: a resources server, with `/seed_session`, `/verify` and a route for each tool.
 * - OpenRLHF: the remote reward, on `/get_reward`.
 * - TRL: rewards of episodes that it sampled, on `/rewards`; `pythonEnvironment` and `pythonClient` write its side.
 *
 * Nothing is shared between sessions. Sizes, counts and times are bounded by the options. Every episode is
 * reported once, however it ends and however often a request is repeated.
 *
 * @throws TypeError if others can reach the host and there is no token, or the environment cannot be served; rejects
 * if the port is taken
 * @example
 * const { url, close } = await serveEnv({ name: 'shop', env: customerServiceEnv(), dataset }, { port: 8000 });
 */
export async function serveEnv(
  environment: ServedEnvironment,
  options: EnvServerOptions = {},
): Promise<EnvServer> {
  const {
    port = 0,
    host = '127.0.0.1',
    token,
    maxSessions = 1024,
    idleTimeoutMs = 1_800_000,
    turnTimeoutMs = 120_000,
    maxMessageBytes = 16 * 2 ** 20,
    maxSteps = 10_000,
    onEpisode,
  } = options;
  checkLimits({ maxSessions, idleTimeoutMs, turnTimeoutMs, maxMessageBytes, maxSteps });
  const served = await tryOnce(environment);
  const sessions = new Sessions(served, {
    maxSessions,
    idleTimeoutMs,
    turnTimeoutMs,
    maxSteps,
    onEpisode,
  });
  const routes = {
    ...openEnvRoutes(sessions),
    ...nemoGymRoutes(sessions),
    ...openRlhfRoutes(sessions),
    ...rewardRoutes(sessions),
  };
  const listening = await listen(routes, {
    caller: 'serveEnv',
    port,
    host,
    token,
    maxBodyBytes: maxMessageBytes,
    timeoutMs: turnTimeoutMs,
    maxConnections: maxSessions + SPARE_CONNECTIONS,
  });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
  });
  listening.server.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    duplex.on('error', () => duplex.destroy());
    try {
      checkRequest(request, token);
      const serve = socketOf(request);
      sockets.handleUpgrade(request, duplex, head, (socket) =>
        serve(socket, { sessions, sendTimeoutMs: turnTimeoutMs }),
      );
    } catch (error) {
      refuseUpgrade(duplex, error);
    }
  });
  return {
    url: listening.url,
    stats: () => sessions.stats(),
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      await listening.close();
      await sessions.closeAll();
    },
  };
}

function socketOf({ url = '/' }: IncomingMessage) {
  const [path = '/'] = url.split('?', 1);
  if (Object.hasOwn(SOCKETS, path)) return SOCKETS[path];
  throw new HttpError(404, `There is no WebSocket ${path.slice(0, 200)}. Use /ws or /mcp.`);
}

function refuseUpgrade(duplex: Duplex, error: unknown): void {
  const { status, message } = error instanceof HttpError ? error : { status: 400, message: '' };
  const text = JSON.stringify({ detail: message });
  duplex.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
}

function checkLimits(limits: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isInteger(value) && value >= 1 && value < 2 ** 31) continue;
    throw new RangeError(
      `serveEnv: ${name} must be an integer from 1 to 2^31 - 1, got ${value}. Choose a limit.`,
    );
  }
}
