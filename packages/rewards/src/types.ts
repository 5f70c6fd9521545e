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
  /** Sum of the rewards that the environment gave on the way. */
  readonly environmentReward: number;
  readonly end: EpisodeEnd;
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

/** A reward function with the name under which it is logged and its weight in the sum. */
export interface Reward {
  readonly name: string;
  readonly fn: RewardFn;
  /** Weight in the sum of rewards; 0 logs the reward without training on it. Default 1. */
  readonly weight?: number;
}

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
export type ChatModel = (
  messages: readonly Message[],
  options?: ChatModelOptions,
) => Promise<ChatModelAnswer>;
