import { requestJson } from '../request-json.js';
import { serverUrl } from '../server-url.js';
import { SinkFailure } from '../sink-failure.js';
import type { RunFacts, Sink, SinkContext } from '../types.js';
import { historyOf } from './records.js';
import { runIdOf, type WandbOptions, wandbTarget } from './wandb-target.js';

const UPSERT = `mutation UpsertBucket($name: String, $project: String, $entity: String, $displayName: String, $config: JSONString) {
  upsertBucket(input: {name: $name, modelName: $project, entityName: $entity, displayName: $displayName, config: $config}) {
    bucket { name project { name entity { name } } }
  }
}`;

/**
 * Sends a run to W&B while it trains, with the two calls that W&B's own client makes: one that makes the run, and one
 * that puts lines of its history at their places, so that a call that is repeated changes nothing. W&B's history only
 * goes forward: steps that a resumed run writes again stay as they were first sent.
 *
 * Needs `WANDB_API_KEY`; it goes into the requests and nowhere else. `WANDB_BASE_URL` names another server.
 *
 * @throws without a key
 */
export function wandbLive({ env = process.env, ...options }: WandbOptions = {}): Sink {
  const key = env.WANDB_API_KEY;
  if (!key)
    throw new Error('wandbLive: needs WANDB_API_KEY, got none. Set it, or use wandbOffline().');
  const url = serverUrl('wandbLive', env.WANDB_BASE_URL || 'https://api.wandb.ai');
  const target = wandbTarget({ ...options, env });
  const basic = Buffer.from(`api:${key}`).toString('base64');
  const headers = { authorization: `Basic ${basic}` };
  const secrets = [basic, key];

  return {
    name: 'wandb-live',
    start: async (context) => {
      const { run } = context;
      const config = Object.entries(run.config).map(([name, value]) => [name, { value }]);
      const variables = {
        ...target,
        name: runIdOf(run),
        displayName: run.name,
        config: JSON.stringify(Object.fromEntries(config)),
      };
      const { body } = await post('graphql', { query: UPSERT, variables }, context);
      return { ...placeIn(body), lines: 0, step: 0 };
    },
    write: async (points, state, context) => {
      const fresh = points.filter(({ step }) => step > Number(state.step));
      const last = fresh.at(-1);
      if (last === undefined) return state;
      const content = fresh.map((point) => JSON.stringify(historyOf(point, context.run)));
      const files = {
        'wandb-history.jsonl': { offset: state.lines, content },
        'wandb-summary.json': { offset: 0, content: content.slice(-1) },
      };
      await post(streamOf(state, context.run), { files }, context);
      return { ...state, lines: Number(state.lines) + fresh.length, step: last.step };
    },
    rewind: async (_, state) => state,
    finish: async (status, state, context) => {
      const end = { complete: true, exitcode: status === 'finished' ? 0 : 1 };
      await post(streamOf(state, context.run), end, context);
      return state;
    },
  };

  function post(path: string, body: unknown, { signal }: SinkContext) {
    return requestJson('wandb', `${url}/${path}`, { body, headers, signal, secrets });
  }
}

function streamOf(
  { entity, project }: Readonly<Record<string, string | number>>,
  run: RunFacts,
): string {
  const parts = [String(entity), String(project), runIdOf(run)].map(encodeURIComponent);
  return `files/${parts.join('/')}/file_stream`;
}

/** Where the server put the run. */
function placeIn(body: Readonly<Record<string, unknown>>): { entity: string; project: string } {
  const project = at(body, 'data', 'upsertBucket', 'bucket', 'project');
  const [name, entity] = [at(project, 'name'), at(project, 'entity', 'name')];
  if (typeof name === 'string' && typeof entity === 'string') return { entity, project: name };
  const message = at(body, 'errors', '0', 'message') ?? 'no run';
  throw new SinkFailure(`wandb: needs a run to be made, got: ${message}.`, { isRetryable: false });
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined,
    value,
  );
}
