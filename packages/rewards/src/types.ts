/**
 * Glossary
 * - Message: one entry of a conversation.
 * - Episode: one conversation of the model with an environment, from reset to its end.
 * - Reward: a number, or `null` where the function does not apply to that episode.
 * - Failure: a reward that could not be computed, kept as data with its reason; its value is `null`.
 * - Chat model: answers a conversation; user simulators and judges stand on one.
 */

/** One entry of a conversation. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
}

/** Why an episode ended. `terminated`: the environment ended it; the others cut it short. */
export type EpisodeEnd = 'terminated' | 'truncated' | 'length' | 'error';

/** What a reward function sees of one episode: text only, token ids never appear here. */
export interface Episode {
  /** The id of the task, such as `train.jsonl:12`; episodes of one task form a group. */
  readonly task?: string;
  /** The whole conversation, prompt first. */
  readonly messages: readonly Message[];
  /** The text of the model's last message, as sampled. */
  readonly completion: string;
  /** Tokens of that message, where the producer of the episode counts them. */
  readonly completionTokens?: number;
  /** The columns of the dataset row that the task was made from. */
  readonly row: Readonly<Record<string, unknown>>;
  /** Messages before the model's first answer. Needed only where the prompt itself has assistant messages. */
  readonly promptLength?: number;
  /** Sum of the rewards that the environment gave on the way. */
  readonly environmentReward: number;
  readonly end: EpisodeEnd;
  /** Why the environment ended it, in its words, such as `max_turns`; only where it ended it and says so. */
  readonly stopReason?: string;
}

/** A number, or `null` for "not applicable to this episode". NaN is an error of the function. */
export type RewardValue = number | null;

/** What a reward function is given besides the episode. */
export interface RewardCall {
  /** Aborted when the result is no longer wanted: the run was cancelled or the time limit passed. */
  readonly signal?: AbortSignal;
}

/** A value with the parts it was made of, which are logged beside it. */
export interface RewardBreakdown {
  readonly value: RewardValue;
  readonly parts: Readonly<Record<string, RewardValue>>;
}

/** What a reward function returns: a value, alone or with its parts. */
export type RewardResult = RewardValue | RewardBreakdown;

/** Scores one episode. */
export type RewardFn = (
  episode: Episode,
  call?: RewardCall,
) => RewardResult | Promise<RewardResult>;

/** Numbers that a reward carries from step to step, for a checkpoint. */
export interface RewardMemory {
  /** What a checkpoint keeps. */
  readonly save: () => Readonly<Record<string, number>>;
  /** Goes on from what `save` gave. */
  readonly load: (saved: Readonly<Record<string, number>>) => void;
}

/** A reward function with the name under which it is logged and its weight in the sum. */
export interface Reward {
  readonly name: string;
  readonly fn: RewardFn;
  /** Weight in the sum of rewards; 0 logs the reward without training on it. Default 1. */
  readonly weight?: number;
  /** Present where it remembers earlier episodes; the trainer keeps it in checkpoints. */
  readonly memory?: RewardMemory;
}

/** Scores the episodes of one group together: one result per episode, in their order. */
export type GroupRewardFn = (
  episodes: readonly Episode[],
  call?: RewardCall,
) => readonly RewardResult[] | Promise<readonly RewardResult[]>;

/** A reward that compares the episodes of a group, such as a ranking. */
export interface GroupReward {
  readonly name: string;
  readonly groupFn: GroupRewardFn;
  /** Weight in the sum of rewards; 0 logs the reward without training on it. Default 1. */
  readonly weight?: number;
  /** Present where it remembers earlier episodes; the trainer keeps it in checkpoints. */
  readonly memory?: RewardMemory;
}

/** Scores each of the model's turns in an episode: one value per turn (`modelTurns`), in their order. */
export type TurnRewardFn = (
  episode: Episode,
  call?: RewardCall,
) => readonly RewardValue[] | Promise<readonly RewardValue[]>;

/** A reward that is earned turn by turn; its value for the episode is the sum of its turns. */
export interface TurnReward {
  readonly name: string;
  readonly turnFn: TurnRewardFn;
  /** Weight in the sum of rewards; 0 logs the reward without training on it. Default 1. */
  readonly weight?: number;
  /** Present where it remembers earlier episodes; the trainer keeps it in checkpoints. */
  readonly memory?: RewardMemory;
}

/** A reward per episode, per group, or per turn. */
export type AnyReward = Reward | GroupReward | TurnReward;

/** How a reward failed: it threw, returned something that is not a reward, or took too long. */
export type RewardFailureKind = 'thrown' | 'invalid' | 'timeout';

/** A reward that could not be computed. */
export interface RewardFailure {
  /** Name of the reward. */
  readonly reward: string;
  /** Position of the episode in the list that was scored. */
  readonly episode: number;
  readonly kind: RewardFailureKind;
  /** One sentence for a person: which reward, which episode, what happened, what to do. */
  readonly reason: string;
}

/** Rewards of a list of episodes. */
export interface Scores {
  /** [episode][reward]; `null` where a reward does not apply or failed. */
  readonly values: readonly (readonly RewardValue[])[];
  /** [episode] the parts of its rewards, each named `reward/part`. */
  readonly parts: readonly Readonly<Record<string, RewardValue>>[];
  /** [episode] the values of each turn, by the reward's name; only where a reward is earned by turns. */
  readonly turns?: readonly Readonly<Record<string, readonly RewardValue[]>>[];
  /** In the order of the episodes, then of the rewards. */
  readonly failures: readonly RewardFailure[];
}

/** What a chat model is asked besides the conversation. Adapters leave out what their endpoint does not know. */
export interface ChatModelOptions {
  /** Aborted when the answer is no longer wanted. */
  readonly signal?: AbortSignal;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
  /** A JSON Schema that the text of the answer must follow, as JSON. */
  readonly schema?: Readonly<Record<string, unknown>>;
}

/** One answer of a chat model. */
export interface ChatModelAnswer {
  readonly text: string;
  /** Tokens read and written, where the endpoint counts them. */
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
}

/** Answers a conversation: a model behind an endpoint, an SDK's model, or a function. */
export interface ChatModel {
  (messages: readonly Message[], options?: ChatModelOptions): Promise<ChatModelAnswer>;
  /** Which model answers, such as `https://host/v1 qwen3-4b`: what a cache keeps answers apart by. */
  readonly id?: string;
}

/**
 * Why a chat model gave no answer.
 * - `rate-limited`, `server`, `client`: the endpoint answered 429, 5xx, or any other status but 2xx
 * - `connection`: refused, reset or cut off · `timeout`: took too long · `too-large`: answered without end
 * - `malformed`: what came back is no answer, or not the one that was asked for
 * - `refused`: the model or its filter declined · `breaker-open`: not asked, since it was down just now
 * - `other`: anything else that was thrown
 */
export type ChatFailureKind =
  | 'rate-limited'
  | 'server'
  | 'client'
  | 'connection'
  | 'timeout'
  | 'too-large'
  | 'malformed'
  | 'refused'
  | 'breaker-open'
  | 'other';

/** closed: calls go through; open: calls are refused; half-open: a few calls probe. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** Stops calling what is down, and looks now and then whether it is back. */
export interface CircuitBreaker {
  readonly state: BreakerState;
  /** Calls, or rejects with a `BreakerOpenError`. A call that fails after `signal` was aborted does not count. */
  run<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** What a judge is asked: the rules, which are trusted, and the material, which is not. */
export interface JudgeQuestion<T> {
  /** The task, the criteria and the form of the answer. */
  readonly instructions: string;
  /** What is judged, each text wrapped by `quoteUntrusted`. */
  readonly material: string;
  /** JSON Schema of the answer. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Reads the parsed JSON; throws an error that says what is wrong, which the judge is shown. */
  readonly read: (answer: unknown) => T;
}

/** A judge's answer, or why there is none; never a made-up one. */
export type Verdict<T> =
  | { readonly value: T }
  | { readonly unavailable: ChatFailureKind; readonly reason: string };

/** Puts questions to a chat model within limits of time, calls and retries. */
export interface Judge {
  ask<T>(question: JudgeQuestion<T>, signal?: AbortSignal): Promise<Verdict<T>>;
  stats(): JudgeStats;
}

/** Counts of a chat model's calls since it was wrapped. */
export interface ChatMetrics {
  readonly calls: number;
  /** Failed calls by kind; absent kinds are 0. */
  readonly failures: Readonly<Partial<Record<ChatFailureKind, number>>>;
  /** Calls that their caller gave up. */
  readonly cancelled: number;
  /** Median and 95th percentile of the last 1000 calls that were answered, in ms; null before the first. */
  readonly latencyMs: { readonly p50: number | null; readonly p95: number | null };
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Answered calls whose tokens the endpoint did not tell. */
  readonly callsWithoutUsage: number;
  /** In the currency of the prices; null without prices. */
  readonly cost: number | null;
}

/** What a judge has done so far. */
export interface JudgeStats {
  readonly questions: number;
  readonly answered: number;
  /** Questions without a verdict, by reason. */
  readonly unavailable: Readonly<Partial<Record<ChatFailureKind, number>>>;
  /** The last reason in words. */
  readonly lastReason?: string;
  readonly breaker: BreakerState;
  /** Of the calls that reached the model: a cached answer is none. */
  readonly model: ChatMetrics;
  readonly cache?: CacheStats;
}

/** What a cache of answers has done so far. */
export interface CacheStats {
  readonly hits: number;
  readonly misses: number;
  /** Entries that could not be read as they were written; each is a miss as well. */
  readonly damaged: number;
  /** Answers that could not be kept. The call is answered all the same. */
  readonly writeFailures: number;
}

/** One test of a program: a call of one of its functions, or text in and text out. */
export type CodeTest =
  | { readonly call: string; readonly args: readonly unknown[]; readonly returns: unknown }
  | { readonly input: string; readonly output: string };

/** What a program may use, per test. */
export interface CodeLimits {
  /** Time of one test, in ms. Default 2000. */
  readonly timeMs?: number;
  /** Memory of the program, in MiB. Default 64. */
  readonly memoryMiB?: number;
  /** Characters that it may print or return. Default 65 536. */
  readonly maxOutput?: number;
}

/** How one test went. `reason` says why it did not pass. */
export type CodeTestResult =
  | { readonly passed: true }
  | { readonly passed: false; readonly reason: string };
