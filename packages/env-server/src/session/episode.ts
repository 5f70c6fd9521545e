import {
  type Env,
  orderly,
  type StepResult,
  type Task,
  type ToolFailureKind,
  withinTime,
} from '@grpo/envs';
import type { Episode as Conversation, Message } from '@grpo/rewards';
import type { EpisodeEnding, EpisodeReport, Outcome } from '../types.js';
import { type Score, type Served, scoreOf } from './served.js';

/** How an episode is played. */
export interface EpisodeOptions {
  readonly id: string;
  readonly seed: number;
  readonly turnTimeoutMs: number;
  readonly maxSteps: number;
  /** Is told once, when the episode has ended in whatever way. */
  readonly onEnd: (report: EpisodeReport) => void;
}

/** OpenEnv's words for what may go wrong with a tool. */
const ERROR_TYPES = {
  unknown_tool: 'tool_not_found',
  invalid_arguments: 'invalid_args',
  too_many_calls: 'execution_error',
  timeout: 'timeout',
  thrown: 'execution_error',
} as const satisfies Readonly<Record<ToolFailureKind, string>>;

/** What may cut one call short. */
export interface CallLimits {
  readonly signal?: AbortSignal | undefined;
  /** Below the limit of the server, in ms. */
  readonly timeoutMs?: number | undefined;
}

/** One episode of a served environment: what was said, what was earned, and how it ended. */
export class Episode {
  readonly #env: Env;
  readonly #messages: Message[] = [];
  #promptLength = 0;
  #paid = 0;
  #last: StepResult | undefined;
  #score: Score | undefined;
  #ending: EpisodeEnding | undefined;
  #reason: string | undefined;
  steps = 0;

  constructor(
    readonly served: Served,
    readonly task: Task,
    readonly options: EpisodeOptions,
  ) {
    this.#env = orderly(served.env(task));
  }

  get ending(): EpisodeEnding | undefined {
    return this.#ending;
  }

  /** Opens the conversation. */
  async reset(limits: CallLimits): Promise<Outcome> {
    const { seed } = this.options;
    const { messages, tools } = await this.#guarded('reset', limits, (signal) =>
      this.#env.reset({ seed, signal }),
    );
    this.#messages.push(...messages);
    this.#promptLength = messages.length;
    const observation = { ...this.#observation(messages, undefined), ...(tools && { tools }) };
    return { observation, reward: null, done: false };
  }

  /** Takes a message of the model. */
  async step(message: string, limits: CallLimits): Promise<Outcome> {
    this.#count();
    const said: Message = { role: 'assistant', content: message };
    const step = await this.#guarded('step', limits, (signal) => this.#env.step(said, { signal }));
    this.#messages.push(said, ...step.messages);
    this.#paid += step.reward;
    const done = step.terminated || step.truncated;
    let reward: number | null = this.served.rewards === undefined ? step.reward : 0;
    if (done) {
      this.#last = step;
      const { total } = await this.#pay(limits);
      if (this.served.rewards !== undefined) reward = total;
    }
    return { observation: this.#observation(step.messages, step), reward, done };
  }

  /** Calls a tool, past the words of the model. */
  async callTool(name: string, args: unknown, limits: CallLimits): Promise<Outcome> {
    const { toolbox } = this.#env;
    if (toolbox === undefined) throw new Error(`${this.served.name} has no tools.`);
    this.#count();
    const { text, failure } = await this.#guarded('the tool', limits, (signal) =>
      toolbox.call(name, args, { signal }),
    );
    const call = JSON.stringify({ name, arguments: args });
    this.#messages.push(
      { role: 'assistant', content: `<tool_call>${call}</tool_call>` },
      { role: 'tool', content: text },
    );
    const error =
      failure === undefined ? null : { error_type: ERROR_TYPES[failure], message: text };
    const observation = { tool_name: name, result: text, error };
    return { observation, reward: null, done: false };
  }

  /**
   * What the episode earned. One that runs takes the model's last message, if there is one, and ends; one that has ended
   * is not played on, so that it earns the same however often it is asked.
   *
   * @throws why it failed or was left
   */
  async conclude(message: string | undefined, limits: CallLimits): Promise<Score> {
    if (this.#ending === undefined && message !== undefined) await this.step(message, limits);
    if (this.#ending === undefined) await this.#pay(limits);
    if (this.#score !== undefined) return this.#score;
    throw new Error(`The episode is ${this.#ending}: ${this.#reason ?? 'nobody played it on'}.`);
  }

  /** What rewards see of it, now or at its end. */
  conversation(): Conversation {
    const answers = this.#messages.filter(({ role }) => role === 'assistant');
    const { terminated = false, stopReason } = this.#last ?? {};
    return {
      task: this.task.id,
      messages: this.#messages,
      promptLength: this.#promptLength,
      completion: answers.at(-1)?.content ?? '',
      row: this.task.row,
      environmentReward: this.#paid,
      end: terminated ? 'terminated' : 'truncated',
      ...(stopReason && { stopReason }),
    };
  }

  /** Closes the environment; an episode that has not ended is abandoned. Never rejects. */
  async close(): Promise<void> {
    if (this.#ending === undefined) this.#end('abandoned');
    const { turnTimeoutMs: timeoutMs } = this.options;
    try {
      await withinTime(() => this.#env.close(), { what: 'close', timeoutMs });
    } catch {
      // The episode is over and was reported; what closing it failed of changes no number.
    }
  }

  /** Scores the episode as it stands, which ends it. */
  async #pay(limits: CallLimits): Promise<Score> {
    const { turnTimeoutMs: timeoutMs } = this.options;
    const score = await this.#guarded('the rewards', limits, (signal) =>
      scoreOf(this.served, this.conversation(), { timeoutMs, signal }),
    );
    this.#score = score;
    this.#end('finished');
    return score;
  }

  #observation(messages: readonly Message[], step: StepResult | undefined) {
    const { terminated = false, truncated = false, stopReason = null, info = {} } = step ?? {};
    const rewards = this.served.rewards && this.#score?.values;
    return {
      messages: messages.map(({ role, content }) => ({ role, content })),
      task: this.task.id,
      terminated,
      truncated,
      stop_reason: stopReason,
      info: { ...info, ...(rewards && { rewards }) },
    };
  }

  #count(): void {
    if (this.#ending !== undefined) {
      const why = this.#reason === undefined ? '' : `: ${this.#reason}`;
      throw new Error(`The episode is ${this.#ending}${why}. Reset for another one.`);
    }
    if (this.steps >= this.options.maxSteps)
      throw new Error(`An episode has at most ${this.options.maxSteps} steps. Reset.`);
    this.steps++;
  }

  /** Runs a call of the environment; a failure ends the episode. */
  async #guarded<Value>(
    what: string,
    { signal, timeoutMs = this.options.turnTimeoutMs }: CallLimits,
    run: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    const limit = Math.min(timeoutMs, this.options.turnTimeoutMs);
    try {
      return await withinTime(run, { what, timeoutMs: limit, signal });
    } catch (error) {
      this.#reason = error instanceof Error ? error.message : String(error);
      if (this.#ending === undefined) this.#end(signal?.aborted ? 'abandoned' : 'failed');
      throw error;
    }
  }

  #end(ending: EpisodeEnding): void {
    this.#ending = ending;
    const { id, seed, onEnd } = this.options;
    const { stopReason } = this.#last ?? {};
    const isScored = this.#score !== undefined && this.served.rewards !== undefined;
    const total = isScored ? this.#score?.total : this.steps > 0 ? this.#paid : null;
    onEnd({
      id,
      task: this.task.id,
      seed,
      ending,
      steps: this.steps,
      reward: total ?? null,
      ...(isScored && { rewards: this.#score?.values ?? {} }),
      ...(stopReason && { stopReason }),
      ...(this.#reason !== undefined && { reason: this.#reason }),
      messages: [...this.#messages],
    });
  }
}
