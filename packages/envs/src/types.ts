/**
 * Glossary
 * - Row: one entry of a dataset file: named columns with any values.
 * - Task: one problem, usually one dataset row; shared by all episodes of its group.
 * - Env: a conversation partner; made for one episode, then closed.
 * - User simulator: plays the user in a conversation with the model.
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
