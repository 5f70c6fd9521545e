import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A metric as MLflow stores it. */
export interface MlflowMetric {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

/** A run as MLflow stores it. */
export interface MlflowRun {
  readonly info: Readonly<Record<string, unknown>>;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  readonly metrics: readonly MlflowMetric[];
  readonly params: Readonly<Record<string, string>>;
}

/** What stands in for an answer once: a status, with headers, or silence. */
export type Disturbance =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | 'none'
  | 'silence'
  /** The call is carried out, but its answer is lost. */
  | 'lost answer';

/** A server that keeps runs in memory, as the published contract of MLflow's REST API 2.0 says. */
export interface MlflowServer {
  readonly url: string;
  readonly runs: readonly MlflowRun[];
  readonly experiments: readonly string[];
  /** Method, path and headers of each call, in their order. */
  readonly calls: readonly {
    readonly path: string;
    readonly headers: IncomingMessage['headers'];
  }[];
  /** Disturbs the next calls, one each. */
  disturb(...disturbances: readonly Disturbance[]): void;
  close(): Promise<void>;
}

/** Refuses what MLflow refuses: more than 1000 metrics or 100 params in a call, and names it does not allow. */
export async function mlflowServer(token?: string): Promise<MlflowServer> {
  const runs: MlflowRun[] = [];
  const experiments: string[] = [];
  const calls: MlflowServer['calls'][number][] = [];
  const disturbances: Disturbance[] = [];

  const server = createServer(async (request, response) => {
    const text = await textOf(request);
    const url = new URL(request.url ?? '/', 'http://localhost');
    calls.push({ path: url.pathname, headers: request.headers });
    const disturbance = disturbances.shift();
    if (disturbance === 'silence') return;
    const send = (status: number, body: unknown, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    };
    if (typeof disturbance === 'object') {
      // As some servers do, it repeats what it was sent.
      const message = `disturbed: ${request.headers.authorization}`;
      return send(disturbance.status, { error_code: 'X', message }, disturbance.headers);
    }
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
      return send(401, { error_code: 'UNAUTHENTICATED' });
    try {
      const answer = answerTo(url, text === '' ? {} : JSON.parse(text));
      if (disturbance === 'lost answer') return request.socket.destroy();
      send(200, answer);
    } catch (error) {
      const [status, code] = (error as Error).message.split(' ');
      send(Number(status), { error_code: code, message: 'refused' });
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    runs,
    experiments,
    calls,
    disturb: (...more) => disturbances.push(...more),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  function answerTo(url: URL, body: Readonly<Record<string, unknown>>): unknown {
    switch (url.pathname.replace('/api/2.0/mlflow/', '')) {
      case 'experiments/get-by-name': {
        const id = experiments.indexOf(url.searchParams.get('experiment_name') ?? '');
        if (id < 0) throw new Error('404 RESOURCE_DOES_NOT_EXIST');
        return { experiment: { experiment_id: String(id) } };
      }
      case 'experiments/create':
        if (experiments.includes(String(body.name))) throw new Error('400 RESOURCE_ALREADY_EXISTS');
        experiments.push(String(body.name));
        return { experiment_id: String(experiments.length - 1) };
      case 'runs/create': {
        const info = { ...body, run_id: `run${runs.length}`, status: 'RUNNING' };
        const tags = body.tags as MlflowRun['tags'];
        runs.push({ info, tags, metrics: [], params: {} });
        return { run: { info } };
      }
      case 'runs/search': {
        const wanted = /= '(\w+)'/.exec(String(body.filter))?.[1];
        const found = runs.filter(({ tags }) => tags.some(({ value }) => value === wanted));
        return found.length > 0 ? { runs: found } : {};
      }
      case 'runs/update': {
        const { run_id: _, ...info } = body;
        replace(String(body.run_id), (run) => ({ ...run, info: { ...run.info, ...info } }));
        return {};
      }
      case 'runs/log-batch':
        logBatch(body);
        return {};
      default:
        throw new Error('404 ENDPOINT_NOT_FOUND');
    }
  }

  function logBatch(body: Readonly<Record<string, unknown>>): void {
    const metrics = (body.metrics ?? []) as readonly MlflowMetric[];
    const params = (body.params ?? []) as readonly { key: string; value: string }[];
    const names = [...metrics, ...params].map(({ key }) => key);
    const isTooMuch = metrics.length > 1000 || params.length > 100;
    if (isTooMuch || !names.every((name) => /^[\w\-. /]{1,250}$/.test(name)))
      throw new Error('400 INVALID_PARAMETER_VALUE');
    replace(String(body.run_id), (run) => {
      const known = new Set(run.metrics.map(identity));
      const fresh = metrics.filter((metric) => !known.has(identity(metric)));
      const added = Object.fromEntries(params.map(({ key, value }) => [key, value]));
      return { ...run, metrics: [...run.metrics, ...fresh], params: { ...run.params, ...added } };
    });
  }

  function replace(id: string, change: (run: MlflowRun) => MlflowRun): void {
    const at = runs.findIndex(({ info }) => info.run_id === id);
    if (at < 0) throw new Error('404 RESOURCE_DOES_NOT_EXIST');
    runs[at] = change(runs[at]);
  }
}

/** What MLflow's database takes for the same metric. */
function identity({ key, value, timestamp, step }: MlflowMetric): string {
  return JSON.stringify([key, value, timestamp, step]);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
