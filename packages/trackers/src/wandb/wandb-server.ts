import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A server that keeps one run in memory, and answers what W&B's own client asks of it. */
export interface WandbServer {
  readonly url: string;
  /** Lines of the history, at the places they were put. */
  readonly history: readonly Readonly<Record<string, number>>[];
  /** What the run was made with. */
  readonly run: Readonly<Record<string, unknown>>;
  /** The newest summary. */
  readonly summary: Readonly<Record<string, unknown>>;
  /** Of the run's end; undefined while it runs. */
  readonly exitCode: number | undefined;
  /** The `authorization` header of each call. */
  readonly logins: readonly (string | undefined)[];
  /** Makes no run from now on, and says why. */
  refuse(message: string): void;
  close(): Promise<void>;
}

interface FileStream {
  readonly files?: Readonly<
    Record<string, { readonly offset: number; readonly content: string[] }>
  >;
  readonly complete?: boolean;
  readonly exitcode?: number;
}

/** The calls and answers are those seen between `wandb sync` 0.30 and a server. */
export async function wandbServer(): Promise<WandbServer> {
  const history: Record<string, number>[] = [];
  const logins: (string | undefined)[] = [];
  let run: Record<string, unknown> = {};
  let summary: Record<string, unknown> = {};
  let exitCode: number | undefined;
  let refusal: string | undefined;

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const isZipped = request.headers['content-encoding'] === 'gzip';
    const text = (isZipped ? gunzipSync(bytes) : bytes).toString('utf8') || '{}';
    logins.push(request.headers.authorization);
    const answer = request.url?.endsWith('/file_stream')
      ? stream(JSON.parse(text) as FileStream)
      : graph(JSON.parse(text) as { query?: string; variables?: Record<string, unknown> });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    history,
    logins,
    get run() {
      return run;
    },
    get summary() {
      return summary;
    },
    get exitCode() {
      return exitCode;
    },
    refuse: (message) => {
      refusal = message;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  function stream({ files = {}, complete, exitcode }: FileStream): unknown {
    const { 'wandb-history.jsonl': lines, 'wandb-summary.json': newest } = files;
    lines?.content.forEach((line, i) => {
      history[lines.offset + i] = JSON.parse(line) as Record<string, number>;
    });
    if (newest) summary = JSON.parse(newest.content[0]) as Record<string, unknown>;
    exitCode = complete ? exitcode : undefined;
    return {};
  }

  function graph({
    query = '',
    variables = {},
  }: {
    readonly query?: string;
    readonly variables?: Readonly<Record<string, unknown>>;
  }): unknown {
    if (query.includes('createRunFiles'))
      return { data: { createRunFiles: { runID: 'B', uploadHeaders: [], files: [] } } };
    if (!query.includes('upsertBucket')) return { data: {} };
    if (refusal !== undefined) return { errors: [{ message: refusal }], data: null };
    // The client sends the run's name with its first call alone.
    run = Object.keys(run).length === 0 ? { ...variables } : run;
    const project = { id: 'P', name: variables.project, entity: { id: 'E', name: 'someone' } };
    const bucket = { id: 'B', name: variables.name, project, historyLineCount: 0 };
    return { data: { upsertBucket: { bucket, inserted: true } } };
  }
}
