import type { Datum } from '../types.js';
import { type CheckpointKind, type CheckpointRow, CheckpointRows, now } from './checkpoint-rows.js';
import { Engine } from './engine.js';
import { Futures } from './futures.js';
import { EngineFailure, Refusal } from './refusal.js';
import type { StandInOptions } from './types.js';
import { validate } from './validate.js';

type Body = Readonly<Record<string, unknown>>;

/** What is answered: status and JSON, or text. */
export interface Reply {
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string;
}

interface ModelRow {
  readonly id: string;
  readonly baseModel: unknown;
  readonly rank: number;
  readonly time: string;
  requests: number;
}

const ok = (json: unknown): Reply => ({ status: 200, json });

/** The rows and rules of the server: all that survives a restart, and the engine that does not. */
export class Routes {
  readonly #options: Required<StandInOptions>;
  readonly #engine: Engine;
  readonly #futures = new Futures();
  readonly #sessions = new Set<string>();
  readonly #models = new Map<string, ModelRow>();
  readonly #checkpoints: CheckpointRows;
  readonly #samplings = new Map<string, CheckpointRow | string>();
  readonly #numbered = new Map<string, { readonly text: string; readonly reply: Reply }>();
  #engineIsFree: Promise<unknown> = Promise.resolve();
  #samples: Promise<unknown>[] = [];
  #ids = 0;

  constructor(options: Required<StandInOptions>) {
    this.#options = options;
    this.#engine = new Engine(options);
    this.#checkpoints = new CheckpointRows(options.folder);
  }

  /** What a restart loses. */
  async forgetModels(): Promise<void> {
    await this.#engineIsFree;
    this.#engine.forget();
  }

  async answer(method: string, route: string, body: Body): Promise<Reply> {
    try {
      if (method === 'POST') validate(route, body);
      const handler =
        HANDLERS[`${method} ${route.replace(/^training_runs\/.+\//, 'training_runs/*/')}`];
      return handler ? await handler.call(this, body, route) : this.#pathed(method, route);
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, json: { detail: error.detail } };
      return { status: 500, text: 'Internal Server Error' };
    }
  }

  #pathed(method: string, route: string): Reply {
    const [path, query] = route.split('?');
    const [root, model, what, kind, name] = path.split('/');
    if (root === 'training_runs' && method === 'GET' && model === undefined) {
      const limit = Number(new URLSearchParams(query).get('limit') ?? 20);
      return ok(this.#trainingRuns(limit));
    }
    if (root === 'training_runs' && method === 'GET' && what === 'checkpoints') {
      return ok({ checkpoints: this.#checkpoints.of(this.#model(model).id) });
    }
    if (root === 'training_runs' && method === 'DELETE' && what === 'checkpoints') {
      this.#checkpoints.remove(this.#checkpoints.get(model, name, kind));
      return { status: 204, text: '' };
    }
    throw new Refusal(404, 'Not Found');
  }

  capabilities(): Reply {
    return ok({ supported_models: [{ model_name: this.#options.baseModel }] });
  }

  createSession(): Reply {
    const id = this.#newId('session');
    this.#sessions.add(id);
    const messages = { info_message: null, warning_message: null, error_message: null };
    return ok({ type: 'create_session', ...messages, session_id: id });
  }

  heartbeat({ session_id: id }: Body): Reply {
    this.#session(id);
    return ok({ type: 'session_heartbeat' });
  }

  createModel({ session_id: session, base_model: baseModel, lora_config: config }: Body): Reply {
    this.#session(session);
    const { rank, seed = null } = config as { rank: number; seed?: number | null };
    const id = this.#newId('model');
    this.#models.set(id, { id, baseModel, rank, time: now(), requests: 0 });
    const request_id = this.#run(async () => this.#engine.createModel(id, rank, seed ?? 0));
    const given = { model_id: id, base_model: baseModel, lora_config: { rank, seed } };
    return ok({ ...given, status: 'created', request_id });
  }

  unload({ model_id: id }: Body): Reply {
    const row = this.#model(id);
    const request_id = this.#run(async () => this.#engine.unload(row.id));
    return ok({ request_id, model_id: row.id });
  }

  info({ model_id: id }: Body): Reply {
    const { rank } = this.#model(id);
    const { baseModel } = this.#options;
    const lora_config = { rank, seed: null };
    const model_data = { base_model: baseModel, lora_config, model_name: baseModel };
    return ok({ model_id: id, status: 'created', model_data });
  }

  pass(body: Body, route: string): Reply {
    const input = body[`${route}_input`] as {
      data: Datum[];
      loss_fn: string;
      loss_fn_config?: object;
    };
    const row = this.#model(body.model_id);
    for (const { loss_fn_inputs: inputs } of input.data) {
      if (inputs.target_tokens === undefined) throw new Error('as the recorded server: status 500');
    }
    return this.#once(route, body, row, () =>
      input.data.length === 0
        ? this.#future(this.#futures.create()) // never answered
        : this.#pending(() =>
            this.#engine.pass(
              row.id,
              input.data,
              input.loss_fn,
              input.loss_fn_config ?? {},
              route === 'forward_backward',
            ),
          ),
    );
  }

  optimStep(body: Body, route: string): Reply {
    const row = this.#model(body.model_id);
    const adam = (body.adam_params ?? {}) as Record<string, number>;
    return this.#once(route, body, row, () =>
      this.#pending(() => this.#engine.optimStep(row.id, adam)),
    );
  }

  saveWeights({ model_id: id, path }: Body): Reply {
    const model = this.#model(id);
    const row = this.#newCheckpoint(model, String(path), 'weights');
    return this.#pending(async () => {
      await this.#engine.save(model.id, row.folder);
      row.isComplete = true;
      return { path: `tinker://${model.id}/weights/${row.name}`, type: 'save_weights' };
    });
  }

  loadWeights({ model_id: id, path, optimizer }: Body): Reply {
    const model = this.#model(id);
    if (model.requests > 0) {
      throw new Refusal(400, `LoadWeights is not permitted with seq_id ${model.requests + 1}`);
    }
    model.requests += 1;
    const row = this.#checkpoints.at(path);
    return this.#pending(() => this.#engine.load(model.id, row.folder, optimizer === true));
  }

  publish({ model_id: id, path, sampling_session_seq_id: session, seq_id: seq }: Body): Reply {
    const model = this.#model(id);
    const isNamed = path !== undefined;
    const name = isNamed ? String(path) : `ss${session}_seq${seq}`;
    const row = this.#newCheckpoint(model, name, 'sampler_weights');
    return this.#pending(async () => {
      row.published = await this.#engine.publish(model.id, row.folder);
      row.isComplete = true;
      const sampling = isNamed ? null : this.#newId('sampling');
      if (sampling !== null) this.#samplings.set(sampling, row);
      return {
        path: isNamed ? `tinker://${model.id}/${row.name}` : null,
        type: 'save_weights_for_sampler',
        sampling_session_id: sampling,
      };
    });
  }

  openSampling({ session_id: session, base_model: base, model_path: path }: Body): Reply {
    this.#session(session);
    const id = this.#newId('sampling');
    this.#samplings.set(id, base === undefined ? this.#checkpoints.sampledAt(path) : String(base));
    return ok({ type: 'create_sampling_session', sampling_session_id: id });
  }

  sample(body: Body): Reply {
    const {
      prompt,
      num_samples: count = 1,
      sampling_params: params,
      sampling_session_id: session,
    } = body;
    const { max_tokens: maxTokens } = params as { max_tokens?: number };
    if (maxTokens === undefined) throw new Refusal(400, 'max_tokens is currently required');
    if (!(maxTokens > 0)) throw new Refusal(400, 'max_tokens must be a positive number');
    const source = this.#sampleSource(session, body.base_model, body.model_path);
    if (typeof source !== 'string' && !source.isComplete) {
      throw new Refusal(425, 'Checkpoint is still being created');
    }
    const { chunks } = prompt as { chunks: { tokens: number[] }[] };
    const job = {
      prompt: chunks.flatMap((chunk) => chunk.tokens),
      count: Number(count),
      params: params as Record<string, unknown>,
      wantsPromptLogProbs: body.prompt_logprobs === true,
    };
    const id = this.#futures.create();
    const task = async () => {
      if (Number(body.topk_prompt_logprobs ?? 0) > 0) {
        throw new EngineFailure('topk_prompt_logprobs is not supported by the JAX backend');
      }
      const from = typeof source === 'string' ? source : source.published;
      if (from === undefined) throw new EngineFailure('The checkpoint was not published');
      return this.#engine.sample(from, job);
    };
    // Samples run together: beside training where they have weights of their own, else beside nothing.
    if (this.#options.reduction === 'sum') void this.#settle(id, task);
    else this.#samples.push(this.#engineIsFree.then(() => this.#settle(id, task)));
    return this.#future(id);
  }

  weightsInfo({ tinker_path: path }: Body): Reply {
    const { rank } = this.#model(this.#checkpoints.at(path).model);
    return ok({ base_model: this.#options.baseModel, is_lora: true, lora_rank: rank });
  }

  async retrieve({ request_id: text }: Body): Promise<Reply> {
    const id = Number(text);
    if (!Number.isInteger(id)) throw new Error('as the recorded server: status 500');
    if (!this.#futures.has(id)) throw new Refusal(404, 'Future not found');
    const outcome = await this.#futures.wait(id, this.#options.pollMs);
    if (outcome === undefined) throw new Refusal(408, 'Timeout waiting for result');
    return { status: outcome.status, json: outcome.body };
  }

  /** A numbered request that comes twice is done once. */
  #once(route: string, body: Body, row: ModelRow, submit: () => Reply): Reply {
    row.requests += 1;
    if (body.seq_id === undefined) return submit();
    const key = `${row.id}/${body.seq_id}`;
    const text = JSON.stringify([route, body]);
    const before = this.#numbered.get(key);
    if (before?.text === text) return before.reply;
    if (before) throw new Refusal(409, 'Training request sequence number was reused');
    const reply = submit();
    this.#numbered.set(key, { text, reply });
    return reply;
  }

  #pending(task: () => Promise<unknown>): Reply {
    return this.#future(Number(this.#run(task)));
  }

  #future(id: number): Reply {
    return ok({ future_id: String(id), status: 'pending', request_id: String(id) });
  }

  /** Runs a task when all before it are done; one at a time. */
  #run(task: () => Promise<unknown>): string {
    const id = this.#futures.create();
    const before = [this.#engineIsFree, ...this.#samples];
    this.#samples = [];
    this.#engineIsFree = Promise.all(before).then(() => this.#settle(id, task));
    return String(id);
  }

  async #settle(id: number, task: () => Promise<unknown>): Promise<void> {
    try {
      this.#futures.settle(id, { status: 200, body: await task() });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#futures.settle(id, { status: 400, body: { detail } });
    }
  }

  #session(id: unknown): void {
    if (!this.#sessions.has(String(id))) throw new Refusal(404, 'Session not found');
  }

  #model(id: unknown): ModelRow {
    const row = this.#models.get(String(id));
    if (row === undefined) throw new Refusal(404, 'Model not found');
    return row;
  }

  #sampleSource(session: unknown, base: unknown, path: unknown): CheckpointRow | string {
    if (session === undefined)
      return base === undefined ? this.#checkpoints.sampledAt(path) : String(base);
    const source = this.#samplings.get(String(session));
    if (source === undefined) throw new Refusal(404, 'Sampling session not found');
    return source;
  }

  #newCheckpoint(model: ModelRow, name: string, kind: CheckpointKind): CheckpointRow {
    model.requests += 1;
    return this.#checkpoints.add(model.id, name, kind);
  }

  #trainingRuns(limit: number): object {
    const rows = [...this.#models.values()];
    const training_runs = rows.slice(0, limit).map(({ id, baseModel, rank, time }) => ({
      training_run_id: id,
      base_model: baseModel,
      model_owner: 'default',
      is_lora: true,
      corrupted: false,
      lora_rank: rank,
      last_request_time: time,
      last_checkpoint: null,
      last_sampler_checkpoint: null,
      user_metadata: null,
    }));
    return { training_runs, cursor: { offset: 0, limit, total_count: rows.length } };
  }

  #newId(kind: string): string {
    return `${kind}_${(++this.#ids).toString(16).padStart(8, '0')}`;
  }
}

type Handler = (this: Routes, body: Body, route: string) => Reply | Promise<Reply>;

const { prototype: own } = Routes;
const HANDLERS: Readonly<Record<string, Handler>> = {
  'GET get_server_capabilities': own.capabilities,
  'POST client/config': () => ok({ pjwt_auth_enabled: false }),
  'POST create_session': own.createSession,
  'POST session_heartbeat': own.heartbeat,
  'POST create_model': own.createModel,
  'POST unload_model': own.unload,
  'POST get_info': own.info,
  'POST forward': own.pass,
  'POST forward_backward': own.pass,
  'POST optim_step': own.optimStep,
  'POST save_weights': own.saveWeights,
  'POST load_weights': own.loadWeights,
  'POST save_weights_for_sampler': own.publish,
  'POST create_sampling_session': own.openSampling,
  'POST asample': own.sample,
  'POST weights_info': own.weightsInfo,
  'POST retrieve_future': own.retrieve,
};
