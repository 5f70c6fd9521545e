/**
 * What the server answers and the page reads.
 *
 * Glossary
 * - Run: a folder that a trainer writes; its id is its name in the page and in links, never a path.
 * - Series: the values of one metric over the steps, thinned out for drawing.
 * - Entry: an episode in the index; the episode itself stays in the file until it is asked for.
 */
import type { Message } from '@grpo/rewards';
import type { EpisodeLine, MetricsRecord, RunEvent } from '@grpo/trainer';

/** How a run stands. `stopped`: nobody writes it, and it has neither finished nor failed, so that it can go on. */
export type RunState = 'running' | 'finished' | 'failed' | 'stopped';

export interface RunSummary {
  readonly id: string;
  readonly state: RunState;
  /** The last step that was written, 0 before the first. */
  readonly step: number;
  /** The steps that it was last told to train; null before it has begun. */
  readonly maxSteps: number | null;
  readonly metricNames: readonly string[];
  readonly rowCount: number;
  readonly episodeCount: number;
  readonly rewardNames: readonly string[];
  readonly events: number;
  readonly alarms: number;
  /** Milliseconds since 1970 of the last write, 0 before the first. */
  readonly lastWrite: number;
  /** Bytes that are still to be read for the first time. */
  readonly bytesLeft: number;
  /** Lines that hold no record and were left out. */
  readonly damagedLines: number;
  /** Another one after every change of what the run holds. */
  readonly version: string;
}

/** Places and values of one curve. */
export interface Points {
  readonly steps: readonly number[];
  /** JSON has no word for NaN and infinity: null. */
  readonly values: readonly (number | null)[];
}

export interface Series extends Points {
  readonly metric: string;
  /** Present where smoothing was asked for. */
  readonly smoothed?: Points;
  /** Values in the whole run, drawn or not. */
  readonly count: number;
  readonly last: { readonly step: number; readonly value: number } | null;
}

/** One episode as the list shows it. */
export interface EpisodeEntry {
  /** Its place in the file, counted from 0. */
  readonly n: number;
  readonly step: number;
  readonly group: string;
  readonly task: string;
  /** The beginning of the model's last message. */
  readonly answer: string;
  readonly end: string;
  readonly stopReason: string | null;
  /** How it failed, or null. */
  readonly failure: string | null;
  readonly rewards: Readonly<Record<string, number | null>>;
  /** Sum of the rewards that apply, with their weights. */
  readonly rewardSum: number;
  readonly advantage: number | null;
  /** Answers of the model. */
  readonly turns: number;
  /** Tokens of the model. */
  readonly tokens: number;
}

export type EpisodeOrder = 'newest' | 'oldest' | 'best' | 'worst' | 'longest';

export const EPISODE_ORDERS: readonly EpisodeOrder[] = [
  'newest',
  'oldest',
  'best',
  'worst',
  'longest',
];

/** Which episodes a list holds; a field that is left out lets all pass. */
export interface EpisodeFilter {
  readonly fromStep?: number;
  readonly toStep?: number;
  /** A part of the task's id or of what the list shows of the answer. */
  readonly text?: string;
  /** The id of the task. */
  readonly task?: string;
  readonly group?: string;
  readonly minReward?: number;
  readonly maxReward?: number;
  /** `failed`, `trained`, or a reason why the episode ended. */
  readonly outcome?: string;
  readonly order?: EpisodeOrder;
}

export interface EpisodePage {
  readonly total: number;
  readonly offset: number;
  readonly entries: readonly EpisodeEntry[];
  /** Every outcome that occurs in the run. */
  readonly outcomes: readonly string[];
  readonly isComplete: boolean;
}

/** A whole episode, with the text of each token where the run holds a tokenizer. */
export interface EpisodeDetail extends EpisodeLine {
  readonly n: number;
  readonly messages: readonly Message[];
  /** [T] or null where there is no tokenizer. */
  readonly pieces: readonly string[] | null;
  /** The members of its group, itself among them. */
  readonly members: readonly Pick<EpisodeEntry, 'n' | 'rewardSum' | 'advantage' | 'failure'>[];
  /** Places of the same task's episodes just before and after its group. */
  readonly earlier: number | null;
  readonly later: number | null;
}

/** How one task went, step by step. */
export interface TaskHistory {
  readonly steps: readonly number[];
  readonly mean: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
}

export interface RunConfig {
  readonly config: Readonly<Record<string, unknown>> | null;
  readonly run: Readonly<Record<string, unknown>> | null;
}

export type { EpisodeLine, Message, MetricsRecord, RunEvent };
