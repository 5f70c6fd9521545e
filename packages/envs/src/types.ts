/**
 * Glossary
 * - Row: one entry of a dataset file: named columns with any values.
 * - Task: one problem, usually one dataset row; shared by all episodes of its group.
 * - Env: a conversation partner; made for one episode, then closed.
 * - User simulator: plays the user in a conversation with the model.
 * - Tool: something that the model can call; its world is the state that the tools of an episode share.
 * - Toolbox: the tools of an episode for whoever calls them without the model's words.
 * - Terminated / truncated: Gymnasium's words; the task reached its own end / was cut short.
 * - Stop reason: why an environment ended its episode, one of a closed list.
 * - Task source: chooses the tasks of each step: a dataset, a mixture of several, a curriculum.
 */
import type { Random } from '@grpo/random';
import type { Message } from '@grpo/rewards';

/** One entry of a dataset file: named columns with any values. */
export type Row = Readonly<Record<string, unknown>>;

/** One problem to be solved, and the columns of the row it came from. */
export interface Task {
  /** Unique within its dataset; episodes of one task form a group. */
  readonly id: string;
  readonly messages: readonly Message[];
  readonly row: Row;
}

/** The conversation that the model sees first. */
export interface ResetResult {
  readonly messages: readonly Message[];
  /** Functions that the chat template offers to the model, as JSON schema; for models trained that way. */
  readonly tools?: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Why an environment ended its episode.
 * - `completed`: the task reached its own end, won or lost.
 * - `answered`: the model answered without calling a tool.
 * - `user_done`: the user had no more to say.
 * - `max_turns`: the model had spoken as often as it may.
 * - `invalid_action`: the model wrote something that is no action.
 * - `time_limit`: the environment's own limit of time or steps.
 */
export type StopReason =
  | 'completed'
  | 'answered'
  | 'user_done'
  | 'max_turns'
  | 'invalid_action'
  | 'time_limit';

/** The environment's answer to one message of the model. */
export interface StepResult {
  /** What the environment says back; may be empty when the episode ends. */
  readonly messages: readonly Message[];
  readonly reward: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
  /** Why the episode ended; only where it did. */
  readonly stopReason?: StopReason;
  readonly info?: Readonly<Record<string, unknown>>;
}

/** An environment for one episode. */
export interface Env {
  reset(options: { readonly seed: number; readonly signal?: AbortSignal }): Promise<ResetResult>;
  step(message: Message, options?: { readonly signal?: AbortSignal }): Promise<StepResult>;
  close(): Promise<void>;
  /** Only where the episode has tools. */
  readonly toolbox?: Toolbox;
}

/** Makes the environment of one episode. */
export type EnvFactory = (task: Task) => Env;

/** A row that was left out, and why. */
export interface SkippedRow {
  /** The place in the file, such as `train.jsonl:12`. */
  readonly at: string;
  readonly reason: string;
}

/** Tasks in a fixed order, named for error messages. */
export interface Dataset {
  readonly name: string;
  readonly tasks: readonly Task[];
  /** Malformed rows that were left out, where the reader was told to skip them. */
  readonly skipped?: readonly SkippedRow[];
}

/** What a simulated user says. */
export interface UserReply {
  /** May be left out where the user is done. */
  readonly content?: string;
  /** For the model's last message. Default 0. */
  readonly reward?: number;
  /** Whether the conversation ends here. Default false. */
  readonly isDone?: boolean;
}

/** What a user simulator is given besides the conversation. */
export interface UserTurn {
  readonly task: Task;
  /** How often the model has spoken. */
  readonly turn: number;
  /** Its draws belong to this episode and turn. */
  readonly random: Random;
  /** Aborted when the reply is no longer wanted. */
  readonly signal: AbortSignal;
}

/** Plays the user: a text to say, more about it, or `null` where the user has no more to say. */
export type UserSimulator = (
  conversation: readonly Message[],
  turn: UserTurn,
) => string | UserReply | null | Promise<string | UserReply | null>;

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = boolean | Readonly<Record<string, unknown>>;

/**
 * What zod, Valibot, ArkType and others have in common: https://standardschema.dev. `jsonSchema` is
 * there where the library offers it.
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>;
    };
  };
}

/** The value as the schema reads it, or what is wrong with it. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One thing that is wrong, and where. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a tool is given besides its arguments. */
export interface ToolContext {
  /** Aborted when the result is no longer wanted: the run was stopped or the time limit passed. */
  readonly signal: AbortSignal;
}

/** Something that the model can call. */
export interface Tool {
  readonly name: string;
  /** Says to the model what the tool does and when to use it. */
  readonly description: string;
  /** The schema of its arguments, an object; the tool sees valid arguments only. */
  readonly parameters: JsonSchema;
  /** Checks and converts the arguments instead of `parameters`, which then only describe them. */
  readonly input?: StandardSchema;
  /** Time limit of one call, in ms, instead of that of the environment. */
  readonly timeoutMs?: number;
  /** Calls of one episode; what comes after is refused. */
  readonly maxCalls?: number;
  /** Returns a text, or a value that is shown to the model as JSON. */
  execute(args: Readonly<Record<string, unknown>>, context: ToolContext): unknown;
}

/** The tools of one episode, with the state that they share. */
export interface ToolWorld {
  readonly tools: readonly Tool[];
  /** Judges the final state: the reward of the last step. Default 0. */
  readonly reward?: () => number | Promise<number>;
  readonly close?: () => void | Promise<void>;
}

/**
 * What went wrong with a call of a tool.
 * - `unknown_tool`: there is none of that name.
 * - `invalid_arguments`: the arguments do not fit, or what the model wrote is no call.
 * - `too_many_calls`: the episode may not call it again.
 * - `timeout`: the tool took too long.
 * - `thrown`: the tool threw, or returned what is no result.
 */
export type ToolFailureKind =
  | 'unknown_tool'
  | 'invalid_arguments'
  | 'too_many_calls'
  | 'timeout'
  | 'thrown';

/** What a call of a tool gave. */
export interface ToolResult {
  /** What the model reads; where the call failed, what went wrong. */
  readonly text: string;
  readonly failure?: ToolFailureKind;
}

/** The tools of an episode, callable one by one: for trainers that read the model's calls themselves. */
export interface Toolbox {
  /** The tools, after `reset`. */
  list(): readonly Tool[];
  /** Calls a tool as a message of the model would; a failure is a result. */
  call(
    name: string,
    args: unknown,
    options?: { readonly signal?: AbortSignal },
  ): Promise<ToolResult>;
}

/** A call that the model wrote, or in words what keeps it from being one. */
export type ToolCall =
  | { readonly name: string; readonly args: unknown }
  | { readonly problem: string };

/** How a model is told of its tools, and how it writes its calls. */
export interface ToolCallFormat {
  /** What the system message says about the tools; empty for nothing. */
  describe(tools: readonly Tool[]): string;
  /** The calls in a message of the model, in their order; none if it is an answer. */
  parse(content: string, tools: readonly Tool[]): readonly ToolCall[];
}

/** Which tasks a step takes. */
export interface TakeOptions {
  readonly seed: number;
  /** Tasks taken before. */
  readonly start: number;
  /** Tasks to take now. */
  readonly count: number;
}

/** How one episode of a task went. */
export interface TaskOutcome {
  readonly task: Task;
  /** The weighted sum of its rewards. */
  readonly reward: number;
}

/**
 * Chooses the tasks of each step: `datasetSource`, `mixture`, `curriculum`, or yours.
 *
 * The options of `take` and what the source remembers decide, so that a resumed run goes on as it
 * would have gone; `take` itself changes nothing.
 */
export interface TaskSource {
  readonly name: string;
  take(options: TakeOptions): readonly Task[];
  /** Is told how the episodes of a step went. Returns numbers to be logged. */
  update?(outcomes: readonly TaskOutcome[]): Readonly<Record<string, number>>;
  /** What `update` changes, as plain numbers. */
  readonly memory?: {
    save(): Readonly<Record<string, number>>;
    load(saved: Readonly<Record<string, number>>): void;
  };
}
