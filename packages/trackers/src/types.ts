/*
 * Glossary.
 * - Point: the numbers of one step.
 * - Sink: a place that points go to: event files, a server, a table.
 * - State: what a sink needs to go on where it left off, kept by the follower in `trackers/NAME.json`.
 * - Follower: reads metrics.jsonl, hands points to a sink, and remembers how far it came.
 * - Rewind: a resumed run cut its records back; the steps after the cut are written again.
 */
import type { Tracker } from '@grpo/trainer';

/** The numbers of one step. */
export interface Point {
  readonly step: number;
  /** ms since 1970: when the run began, plus the `time/step` of all records so far, those that were cut off included. */
  readonly timeMs: number;
  /** By metric name, such as `reward`; finite. */
  readonly values: Readonly<Record<string, number>>;
}

/** What sinks are told of a run. */
export interface RunFacts {
  /** 32 hexadecimal digits, made when the run was first followed. */
  readonly id: string;
  /** The last part of the folder's path. */
  readonly name: string;
  readonly folder: string;
  /** ms since 1970. */
  readonly startedMs: number;
  /** config.json without secrets. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Is stored as JSON beside the run: no secrets. */
export type SinkState = Readonly<Record<string, string | number>>;

/** How a run ended. */
export type RunStatus = 'finished' | 'failed' | 'stopped';

/** What a sink gets with every call. */
export interface SinkContext {
  readonly run: RunFacts;
  /** Is aborted when a call takes too long: stop then, and throw its reason. */
  readonly signal: AbortSignal;
}

/**
 * A place that points go to. A call that throws is repeated with the same arguments, after a crash too, so that each
 * call must do no harm when it comes twice. Throw a `SinkFailure` to say that repeating is useless.
 */
export interface Sink {
  /** Names its cursor: lower-case letters, digits and hyphens; two sinks of a run need two names. */
  readonly name: string;
  /** Makes what points go to. */
  start(context: SinkContext): Promise<SinkState>;
  /** Takes points, in the order of their steps. */
  write(points: readonly Point[], state: SinkState, context: SinkContext): Promise<SinkState>;
  /** Forgets the points after a step, where it can. */
  rewind(step: number, state: SinkState, context: SinkContext): Promise<SinkState>;
  /** Is told how the run ended. A resumed run may write again. */
  finish?(status: RunStatus, state: SinkState, context: SinkContext): Promise<SinkState>;
}

/** How a sink is doing. */
export interface SinkCounts {
  /** Points handed over since this process began to follow. */
  readonly points: number;
  /** Calls that failed; most were repeated. */
  readonly errors: number;
  /** Lines of metrics.jsonl that are no records, and were left out. */
  readonly badLines: number;
  /** True when everything written so far was handed over. */
  readonly isCaughtUp: boolean;
  /** The newest failure's message. */
  readonly lastError?: string;
}

/** A run that is being followed. */
export interface Tracking {
  /** Give it to `train` as one of its trackers. It returns at once and never throws. */
  readonly tracker: Tracker;
  /** By the sinks' names. */
  counts(): Readonly<Record<string, SinkCounts>>;
  /**
   * Hands over what is left and says how the run ended; waits no longer than allowed. What did not get through is
   * handed over when the run is next followed.
   */
  close(status?: RunStatus, options?: CloseOptions): Promise<Readonly<Record<string, SinkCounts>>>;
}

export interface CloseOptions {
  /** In ms. Default 10 000. */
  readonly timeoutMs?: number;
}

export interface TrackOptions {
  /** Is told of a sink's first failure, of its recovery, and no more. Default: standard error. */
  readonly say?: (message: string) => void;
  /** Time limit of one call of a sink, in ms. Default 60 000. */
  readonly attemptTimeoutMs?: number;
  /** Wait after the first failure, in ms; it doubles with each, up to a minute. Default 1000. */
  readonly retryDelayMs?: number;
  /** Secrets are looked for here too. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface FollowOptions extends TrackOptions {
  /** Ends the following; what is there by then is handed over. */
  readonly signal: AbortSignal;
  /** How often the file is looked at, in ms. Default 1000. */
  readonly pollMs?: number;
}
