/**
 * Glossary
 * - Message: one entry of a conversation.
 * - Episode: one conversation of the model with an environment, from reset to its end.
 * - Reward: a number, or `null` where the function does not apply to that episode.
 */

/** One entry of a conversation. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
}

/** Why an episode ended. `terminated`: the environment ended it; the others cut it short. */
export type EpisodeEnd = 'terminated' | 'truncated' | 'length' | 'error';

/** What a reward function sees of one episode: text only, tokens never appear here. */
export interface Episode {
  /** The whole conversation, prompt first. */
  readonly messages: readonly Message[];
  /** The text of the model's last message, as sampled. */
  readonly completion: string;
  /** The columns of the dataset row that the task was made from. */
  readonly row: Readonly<Record<string, unknown>>;
  /** Sum of the rewards that the environment gave on the way. */
  readonly environmentReward: number;
  readonly end: EpisodeEnd;
}

/** A number, or `null` for "not applicable to this episode". NaN is an error of the function. */
export type RewardValue = number | null;

/** Scores one episode. */
export type RewardFn = (episode: Episode) => RewardValue | Promise<RewardValue>;

/** A reward function with the name under which it is logged and its weight in the sum. */
export interface Reward {
  readonly name: string;
  readonly fn: RewardFn;
  /** Weight in the sum of rewards; 0 logs the reward without training on it. Default 1. */
  readonly weight?: number;
}
