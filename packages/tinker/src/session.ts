import { setMaxListeners } from 'node:events';
import { heartbeatBody, sessionBody, VERSION } from './protocol/bodies.js';
import { objectOf } from './protocol/fields.js';
import { readRequestId, readSession } from './protocol/results.js';
import { retrieve } from './protocol/retrieve.js';
import { messageOf, TinkerError } from './transport/tinker-error.js';
import { type Call, createTransport } from './transport/transport.js';
import type { ClientLimits, Submitted, TinkerOptions } from './types.js';

/** A request, and how its answer or its result is read. */
export interface Request<T> {
  readonly route: string;
  readonly body?: unknown;
  /** @throws what is not as the protocol says, without a full stop */
  readonly read: (answer: unknown) => T;
  /** Default `POST`. */
  readonly method?: Call['method'];
  /** Default `always`. */
  readonly repeats?: Call['repeats'];
  readonly signal?: AbortSignal | undefined;
}

/** A session on a server, kept alive until `close`. */
export interface Session {
  readonly id: string;
  /** Resolves with what the server answered. */
  ask<T>(request: Request<T>): Promise<T>;
  /** For requests whose result is a future. Resolves once the server took it. */
  submit<T>(request: Request<T>): Promise<Submitted<T>>;
  /** Submits, and resolves with the result. */
  run<T>(request: Request<T>): Promise<T>;
  close(): void;
}

/** @throws TinkerError where there is no such server, or it refuses the session */
export async function openSession({
  url,
  apiKey,
  tags = ['grpo'],
  signal: outer,
  limits,
}: TinkerOptions & { readonly limits: ClientLimits }): Promise<Session> {
  const transport = createTransport({ url, apiKey, ...limits });
  const closing = new AbortController();
  const always = outer ? AbortSignal.any([closing.signal, outer]) : closing.signal;
  setMaxListeners(0, always);
  let lost: TinkerError | undefined;

  const callOf = <T>({ route, body, method = 'POST', repeats = 'always', signal }: Request<T>) => ({
    method,
    route,
    repeats,
    signal: signal ? AbortSignal.any([always, signal]) : always,
    ...(body !== undefined && { body }),
  });

  /** What cannot be read is the server's error. */
  function readBy<T>({ read, route, method = 'POST' }: Request<T>, answer: unknown): T {
    try {
      return read(answer);
    } catch (error) {
      const text = `answered otherwise than expected: ${messageOf(error)}.`;
      throw transport.fail({ method, route }, 'malformed', text);
    }
  }

  async function ask<T>(request: Request<T>): Promise<T> {
    if (lost) throw lost;
    return readBy(request, await transport.send(callOf(request)));
  }

  async function submit<T>(request: Request<T>): Promise<Submitted<T>> {
    const send = () => ask({ ...request, read: readRequestId });
    const { route, repeats, signal } = callOf(request);
    const polls = retrieve(transport, await send(), {
      ...limits,
      of: route,
      resubmit: repeats === 'always' ? send : undefined,
      signal,
    });
    const result = polls.then((answer) => readBy(request, answer));
    result.catch(() => {}); // whoever awaits it is told
    return { result };
  }

  // The first contact is tried once: a wrong address is told at once.
  const config = { route: 'client/config', body: { sdk_version: VERSION }, read: objectOf };
  const { status, body } = await transport.once(callOf(config));
  const flags = status === 200 ? readBy(config, body) : {};
  if (flags.pjwt_auth_enabled === true && !apiKey?.startsWith('eyJ')) {
    throw new Error(
      'connectTinker: needs a token (a JWT, which starts with eyJ) as apiKey, got a server that takes no other key. Exchange the key at auth/token first.',
    );
  }
  const id = await ask({ route: 'create_session', body: sessionBody(tags), read: readSession });

  let isBeating = false;
  const heart = setInterval(async () => {
    if (isBeating) return;
    isBeating = true;
    try {
      await ask({ route: 'session_heartbeat', body: heartbeatBody(id), read: objectOf });
    } catch (error) {
      // Other trouble shows in the requests that somebody waits for.
      if (error instanceof TinkerError && error.kind === 'lost') {
        const text = `${error.message} The session is gone: resume from the last checkpoint.`;
        lost = new TinkerError('lost', text, error.status);
      }
    } finally {
      isBeating = false;
    }
  }, limits.heartbeatMs);
  heart.unref();

  return {
    id,
    ask,
    submit,
    run: async (request) => (await submit(request)).result,
    close() {
      clearInterval(heart);
      closing.abort(new Error('tinker: the client is closed.'));
    },
  };
}
