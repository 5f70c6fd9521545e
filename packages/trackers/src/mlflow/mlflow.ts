import { requestJson } from '../request-json.js';
import { serverUrl } from '../server-url.js';
import { SinkFailure } from '../sink-failure.js';
import type { Point, RunFacts, RunStatus, Sink, SinkContext } from '../types.js';
import { mlflowName, mlflowParams } from './names.js';

/** Limits of one `log-batch`. */
const METRICS_PER_CALL = 1000;
const PARAMS_PER_CALL = 100;
const RUN_TAG = 'grpo.run_id';
const STATUS: Readonly<Record<RunStatus, string>> = {
  finished: 'FINISHED',
  failed: 'FAILED',
  stopped: 'KILLED',
};

export interface MlflowOptions {
  /** Such as `http://127.0.0.1:5000`. Default `MLFLOW_TRACKING_URI`. */
  readonly url?: string;
  /** Made if it is not there. Default `MLFLOW_EXPERIMENT_NAME`, else `grpo`. */
  readonly experiment?: string;
  /** Holds `MLFLOW_TRACKING_TOKEN`, or `_USERNAME` and `_PASSWORD`; nothing of them is written. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * An MLflow server, over its REST API, version 2.0. A run is made once: it is found again by a tag. A batch that is
 * sent twice holds the same times and values, which MLflow keeps once. A server cannot forget: steps that a resumed run
 * writes again stand there twice, the newer one later.
 * Source: https://mlflow.org/docs/latest/api_reference/rest-api.html
 */
export function mlflow({ env = process.env, ...given }: MlflowOptions = {}): Sink {
  const url = serverUrl('mlflow', given.url ?? env.MLFLOW_TRACKING_URI ?? '');
  const experiment = given.experiment ?? env.MLFLOW_EXPERIMENT_NAME ?? 'grpo';
  const { headers, secrets } = login(env);

  return {
    name: 'mlflow',
    start: async (context) => {
      const id = await experimentId(context);
      const runId = (await foundRun(id, context)) ?? (await createRun(id, context));
      const params = mlflowParams(context.run.config);
      for (const part of chunks(params, PARAMS_PER_CALL))
        await call('runs/log-batch', { run_id: runId, params: part }, context);
      return { runId, status: 'RUNNING' };
    },
    write: async (points, state, context) => {
      const running = await withStatus('RUNNING', state.runId, state.status, context);
      for (const metrics of chunks(points.flatMap(metricsOf), METRICS_PER_CALL))
        await call('runs/log-batch', { run_id: state.runId, metrics }, context);
      return { ...state, status: running };
    },
    rewind: async (_, state) => state,
    finish: async (status, state, context) => ({
      ...state,
      status: await withStatus(STATUS[status], state.runId, state.status, context),
    }),
  };

  async function experimentId(context: SinkContext): Promise<string> {
    const query = `experiments/get-by-name?experiment_name=${encodeURIComponent(experiment)}`;
    const { status, body } = await call(query, undefined, context, [404]);
    if (status !== 404) return textAt(body, 'experiment', 'experiment_id');
    const made = await call('experiments/create', { name: experiment }, context, [400, 409]);
    // Another run may have made it meanwhile.
    if (made.status >= 400) {
      return textAt((await call(query, undefined, context)).body, 'experiment', 'experiment_id');
    }
    return textAt(made.body, 'experiment_id');
  }

  /** The run of an earlier call whose answer was lost. */
  async function foundRun(experiment_id: string, context: SinkContext) {
    const filter = `tags.\`${RUN_TAG}\` = '${context.run.id}'`;
    const search = { experiment_ids: [experiment_id], filter, max_results: 1 };
    const { body } = await call('runs/search', search, context);
    const [run] = Array.isArray(body.runs) ? body.runs : [];
    return run === undefined ? undefined : textAt({ run }, 'run', 'info', 'run_id');
  }

  async function createRun(experiment_id: string, context: SinkContext): Promise<string> {
    const { name, startedMs } = context.run;
    const run = { experiment_id, run_name: name, start_time: startedMs, tags: tags(context.run) };
    return textAt((await call('runs/create', run, context)).body, 'run', 'info', 'run_id');
  }

  async function withStatus(
    status: string,
    runId: string | number,
    now: string | number,
    context: SinkContext,
  ): Promise<string> {
    if (now === status) return status;
    const ended = status === 'RUNNING' ? {} : { end_time: Date.now() };
    await call('runs/update', { run_id: runId, status, ...ended }, context);
    return status;
  }

  function call(path: string, body: unknown, { signal }: SinkContext, accepts: number[] = []) {
    const method = body === undefined ? 'GET' : 'POST';
    const request = { method, body, headers, signal, secrets } as const;
    return requestJson('mlflow', `${url}/api/2.0/mlflow/${path}`, request, accepts);
  }
}

function metricsOf({ step, timeMs, values }: Point) {
  return Object.entries(values).map(([name, value]) => ({
    key: mlflowName(name),
    value,
    timestamp: timeMs,
    step,
  }));
}

function tags(run: RunFacts) {
  return [
    { key: RUN_TAG, value: run.id },
    { key: 'mlflow.runName', value: run.name },
    { key: 'mlflow.source.type', value: 'LOCAL' },
  ];
}

function login(env: Readonly<Record<string, string | undefined>>) {
  const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: user = '' } = env;
  const password = env.MLFLOW_TRACKING_PASSWORD ?? '';
  if (token) return { headers: { authorization: `Bearer ${token}` }, secrets: [token] };
  if (user === '') return { headers: {}, secrets: [] };
  const basic = Buffer.from(`${user}:${password}`).toString('base64');
  const secrets = [basic, password].filter((secret) => secret !== '');
  return { headers: { authorization: `Basic ${basic}` }, secrets };
}

function textAt(body: unknown, ...path: readonly string[]): string {
  let value = body;
  for (const name of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  }
  if (typeof value === 'string' && value !== '') return value;
  throw new SinkFailure(
    `mlflow: needs an answer with ${path.join('.')}, got one without. Is this an MLflow server?`,
    { isRetryable: false },
  );
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}
