import type { Action, Outcome, ResetRequest } from '../types.js';
import type { CallLimits, Episode } from './episode.js';
import type { Score, Served } from './served.js';

/** Calls that wait in one session; more are refused. A client that waits for its answers has one. */
const MAX_WAITING = 16;

/** What a session asks of its server. */
export interface SessionHost {
  readonly served: Served;
  /** Makes an episode, which the host counts. */
  readonly createEpisode: (request: ResetRequest) => Episode;
  /** Is told that the session is in use. */
  readonly onUse: () => void;
}

/** How a step is to be taken. */
export interface StepOptions extends CallLimits {
  /** The same id again gives the same answer again, without another step. */
  readonly requestId?: string | undefined;
}

/** One client's place: one episode after another, one call at a time. */
export class Session {
  #episode: Episode | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #answered: { readonly requestId: string; readonly outcome: Promise<Outcome> } | undefined;
  #isClosed = false;

  constructor(
    readonly id: string,
    readonly host: SessionHost,
  ) {}

  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  /** Leaves the episode that runs, and begins another one. */
  reset(request: ResetRequest, limits: CallLimits = {}): Promise<Outcome> {
    return this.#inTurn(async () => {
      await this.#episode?.close();
      this.#episode = undefined;
      this.#answered = undefined;
      this.#episode = this.host.createEpisode(request);
      return this.#episode.reset(limits);
    });
  }

  /** Does what the client wants done. */
  step(action: Action, { requestId, ...limits }: StepOptions = {}): Promise<Outcome> {
    if (requestId !== undefined && this.#answered?.requestId === requestId)
      return this.#answered.outcome;
    const outcome = this.#inTurn(() => this.#act(action, limits));
    if (requestId !== undefined) {
      this.#answered = { requestId, outcome };
      outcome.catch(() => {}); // whoever asked is told
    }
    return outcome;
  }

  /** Calls a tool in the episode that runs, or else in a new one: JSON-RPC knows no reset. */
  callTool(name: string, args: unknown, limits: CallLimits = {}): Promise<Outcome> {
    return this.#inTurn(async () => {
      if (this.#episode === undefined || this.#episode.ending !== undefined) {
        await this.#episode?.close();
        this.#episode = this.host.createEpisode({});
        await this.#episode.reset(limits);
      }
      return this.#episode.callTool(name, args, limits);
    });
  }

  /** What its episode earned; one that runs ends with the model's last message, if there is one. */
  conclude(message: string | undefined, limits: CallLimits = {}): Promise<Score> {
    return this.#inTurn(async () => {
      if (this.#episode !== undefined) return this.#episode.conclude(message, limits);
      throw new Error('There is no episode yet. Reset first.');
    });
  }

  /** OpenEnv's state. */
  state(): Readonly<Record<string, unknown>> {
    const episode = this.#episode;
    return {
      episode_id: episode?.options.id ?? null,
      step_count: episode?.steps ?? 0,
      task: episode?.task.id ?? null,
      ending: episode?.ending ?? null,
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#episode?.close();
    this.#episode = undefined;
  }

  async #act(action: Action, limits: CallLimits): Promise<Outcome> {
    if (action.type === 'list_tools') {
      const tools = (this.host.served.tools ?? []).map(({ name, description, parameters }) => ({
        name,
        description,
        input_schema: parameters,
      }));
      return { observation: { tools }, reward: null, done: false };
    }
    const episode = this.#episode;
    if (episode === undefined) throw new Error('There is no episode yet. Reset first.');
    return action.type === 'message'
      ? episode.step(action.message, limits)
      : episode.callTool(action.toolName, action.args, limits);
  }

  async #inTurn<Value>(run: () => Promise<Value>): Promise<Value> {
    if (this.#waiting >= MAX_WAITING) {
      throw new Error(`A session takes ${MAX_WAITING} calls at once. Wait for the answers.`);
    }
    this.#waiting++;
    this.host.onUse();
    const before = this.#tail;
    const result = before.then(() => {
      if (this.#isClosed) throw new Error('The session is closed. Open another one.');
      return run();
    });
    this.#tail = result.catch(() => {});
    try {
      return await result;
    } finally {
      this.#waiting--;
      this.host.onUse();
    }
  }
}
