/**
 * Glossary
 * - Row: one entry of a dataset file: named columns with any values.
 * - Task: one problem, usually one dataset row; shared by all episodes of its group.
 * - Env: a conversation partner; made for one episode, then closed.
 * - User simulator: plays the user in a conversation with the model.
 * - Tool: something that the model can call; its world is the state that the tools of an episode share.
 * - Terminated / truncated: Gymnasium's words; the task reached its own end / was cut short.
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
}

/** The environment's answer to one message of the model. */
export interface StepResult {
  /** What the environment says back; may be empty when the episode ends. */
  readonly messages: readonly Message[];
  readonly reward: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
  readonly info?: Readonly<Record<string, unknown>>;
}

/** An environment for one episode. */
export interface Env {
  reset(options: { readonly seed: number; readonly signal?: AbortSignal }): Promise<ResetResult>;
  step(message: Message, options?: { readonly signal?: AbortSignal }): Promise<StepResult>;
  close(): Promise<void>;
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

/** A call that the model wrote, or in words what keeps it from being one. */
export type ToolCall =
  | { readonly name: string; readonly args: unknown }
  | { readonly problem: string };

/** How a model is told of its tools, and how it writes its calls. */
export interface ToolCallFormat {
  /** What the system message says about the tools; empty for nothing. */
  describe(tools: readonly Tool[]): string;
  /** The calls in a message of the model, in their order; none if it is an answer. */
  parse(content: string): readonly ToolCall[];
}
