/**
 * Glossary
 * - Served environment: an environment with its tasks and rewards, as other trainers are offered it.
 * - Session: one client's place on the server. It plays one episode after another and no other session sees it.
 * - Episode: from a reset to its end. It ends finished, failed or abandoned, and is reported once.
 * - Action: a message of the model, a call of one tool, or a question for the list of tools.
 */
import type { Dataset, EnvFactory, StopReason } from '@grpo/envs';
import type { AnyReward, Message, RewardValue } from '@grpo/rewards';

/** An environment with its tasks and rewards. */
export interface ServedEnvironment {
  /** As clients are told it. */
  readonly name: string;
  /** As clients are told it. */
  readonly description?: string;
  readonly version?: string;
  readonly env: EnvFactory;
  readonly dataset: Dataset;
  /**
   * What an episode earns: their weighted sum, paid with its last step. Rewards that compare a group are refused.
   * Default: what the environment itself gives, step by step.
   */
  readonly rewards?: readonly AnyReward[];
}

/** Which episode a client wants. */
export interface ResetRequest {
  /** The id of a task, or its place in the dataset. Default: the seed chooses; without one, the next task. */
  readonly task?: string | number;
  /** Default: one that no other episode of this server had. */
  readonly seed?: number;
  /** The client's name for the episode. Default: one that is made up. */
  readonly episodeId?: string;
}

/** What a client does in an episode. */
export type Action =
  | { readonly type: 'message'; readonly message: string }
  | { readonly type: 'call_tool'; readonly toolName: string; readonly args: unknown }
  | { readonly type: 'list_tools' };

/** What a client is told after a reset or an action. */
export interface Outcome {
  readonly observation: Readonly<Record<string, unknown>>;
  /** `null` where nothing was paid: after a reset, after a call of a tool, or where no reward applies. */
  readonly reward: number | null;
  readonly done: boolean;
}

/**
 * How an episode ended.
 * - `finished`: the environment ended it.
 * - `failed`: the environment or a reward threw, took too long or gave what is no result.
 * - `abandoned`: the client left, reset or kept silent before the end.
 */
export type EpisodeEnding = 'finished' | 'failed' | 'abandoned';

/** One episode that ended. */
export interface EpisodeReport {
  readonly id: string;
  readonly task: string;
  readonly seed: number;
  readonly ending: EpisodeEnding;
  /** Actions of the client. */
  readonly steps: number;
  /** The sum of what was paid; `null` where nothing was. */
  readonly reward: number | null;
  /** By the name of the reward; only where it was scored. */
  readonly rewards?: Readonly<Record<string, RewardValue>>;
  readonly stopReason?: StopReason;
  /** Why it failed, in a sentence. */
  readonly reason?: string;
  readonly messages: readonly Message[];
}

/** Counts since the server started. */
export interface ServerStats {
  readonly sessions: {
    readonly active: number;
    /** Most at once. */
    readonly peak: number;
    readonly opened: number;
    /** Turned away because the server was full. */
    readonly refused: number;
    /** Closed because nobody used them. */
    readonly expired: number;
  };
  readonly episodes: Readonly<Record<EpisodeEnding, number>> & { readonly started: number };
}

/** Limits and address of an environment server. */
export interface EnvServerOptions {
  /** Default 0: a free port, which the returned url names. */
  readonly port?: number;
  /** Default 127.0.0.1. An address that others can reach needs a token. */
  readonly host?: string;
  /** What clients send as `Authorization: Bearer …`, or as the password in the address. */
  readonly token?: string;
  /** Sessions at once. Default 1024. */
  readonly maxSessions?: number;
  /** A session that nobody uses is closed, in ms. Default 1 800 000. */
  readonly idleTimeoutMs?: number;
  /** Limit of one answer of the environment and of its rewards, in ms. Default 120 000. */
  readonly turnTimeoutMs?: number;
  /** Longest message or request, in bytes. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Actions of one episode; the next is refused. Default 10 000. */
  readonly maxSteps?: number;
  /** Is told every episode that ended, once. */
  readonly onEpisode?: (report: EpisodeReport) => void;
}

/** A server that runs. */
export interface EnvServer {
  /** The address, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  readonly stats: () => ServerStats;
  /** Stops listening, closes every session and its environment, and resolves when all is closed. */
  close(): Promise<void>;
}
