import { WebSocket } from 'ws';
import { OpenEnvError } from './open-env-error.js';

type Fields = Readonly<Record<string, unknown>>;

/** How a server is reached. */
export interface ConnectOptions {
  /** The token of the server, where it wants one. */
  readonly token?: string;
  /** Limit of opening the connection, in ms. Default 10 000. */
  readonly connectTimeoutMs?: number;
  /** Limit of one answer, in ms. Default 600 000. */
  readonly messageTimeoutMs?: number;
  /** Longest answer, in bytes. Default 100 MiB. */
  readonly maxMessageBytes?: number;
}

/** One session on a server. */
export interface OpenEnvConnection {
  /**
   * Sends a message and waits for the one that answers it.
   *
   * @param type of the answer
   * @returns the data of the answer
   * @throws OpenEnvError, or the reason of the signal
   */
  ask(message: Fields, type: string, signal?: AbortSignal): Promise<Fields>;
  close(): Promise<void>;
}

/**
 * Opens a session on an OpenEnv server.
 *
 * @param url of the server, such as `http://127.0.0.1:8000`
 * @throws TypeError if the url is no http or ws address; OpenEnvError where nobody answers
 */
export async function connect(
  url: string,
  {
    token,
    connectTimeoutMs = 10_000,
    messageTimeoutMs = 600_000,
    maxMessageBytes = 100 * 2 ** 20,
  }: ConnectOptions = {},
  signal?: AbortSignal,
): Promise<OpenEnvConnection> {
  const address = socketAddress(url);
  signal?.throwIfAborted();
  const socket = new WebSocket(address, {
    handshakeTimeout: connectTimeoutMs,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  });
  let ended: OpenEnvError | undefined;
  /** Takes what comes next; there is one question at a time. */
  let take: ((answer: string | OpenEnvError) => void) | undefined;
  const end = (error: OpenEnvError): void => {
    ended ??= error;
    take?.(ended);
  };
  socket.on('message', (data) => take?.(data.toString()));
  socket.on('error', ({ message }) =>
    end(new OpenEnvError('CONNECTION', `${address}: ${message}`)),
  );
  socket.on('close', (code) =>
    end(new OpenEnvError('CONNECTION', `${address}: the connection ended with ${code}`)),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    take = (answer) => {
      if (answer instanceof OpenEnvError) reject(answer);
    };
  });

  function answered(limit: AbortSignal | undefined): Promise<string> {
    return new Promise((resolve, reject) => {
      if (ended !== undefined) return reject(ended);
      const done = (): void => {
        clearTimeout(timer);
        limit?.removeEventListener('abort', stop);
        take = undefined;
      };
      // An answer that comes late would be taken for that of the next question.
      const stop = (): void => {
        done();
        socket.terminate();
        reject(limit?.reason);
      };
      const timer = setTimeout(() => {
        done();
        socket.terminate();
        const message = `${address}: no answer within ${messageTimeoutMs} ms`;
        reject(new OpenEnvError('TIMEOUT', message));
      }, messageTimeoutMs);
      limit?.addEventListener('abort', stop, { once: true });
      take = (answer) => {
        done();
        if (answer instanceof OpenEnvError) reject(answer);
        else resolve(answer);
      };
    });
  }

  return {
    async ask(message, type, limit) {
      limit?.throwIfAborted();
      const answer = answered(limit);
      if (ended === undefined) socket.send(JSON.stringify(message));
      return readAnswer(await answer, type);
    },
    close: () =>
      new Promise((resolve) => {
        if (socket.readyState === WebSocket.CLOSED) return resolve();
        socket.once('close', () => resolve());
        if (socket.readyState === WebSocket.OPEN) socket.send('{"type":"close"}');
        socket.close();
      }),
  };
}

/**
 * Where the sessions of a server are.
 *
 * @throws TypeError if the url is no http or ws address
 */
export function socketAddress(url: string): string {
  if (!URL.canParse(url) || !/^(?:http|ws)s?:$/.test(new URL(url).protocol)) {
    throw new TypeError(
      `openEnv: needs an address such as http://127.0.0.1:8000, got ${JSON.stringify(url)}.`,
    );
  }
  return `${url.replace(/^http/, 'ws').replace(/\/+$/, '')}/ws`;
}

function readAnswer(text: string, wanted: string): Fields {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    throw new OpenEnvError('MALFORMED', `the server sent no JSON: ${text.slice(0, 200)}`);
  }
  const { type, data } = Object(frame) as { type?: unknown; data?: unknown };
  const fields = typeof data === 'object' && data !== null ? (data as Fields) : undefined;
  if (type === 'error' && fields !== undefined)
    throw new OpenEnvError(String(fields.code), `the server says: ${String(fields.message)}`);
  if (type === wanted && fields !== undefined) return fields;
  throw new OpenEnvError(
    'MALFORMED',
    `needs an answer of type ${wanted}, got ${text.slice(0, 200)}. Is it an OpenEnv server?`,
  );
}
