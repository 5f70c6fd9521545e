import type { Episode } from './types.js';

/** Counts the tokens of an episode's completion. */
export type CountTokens = (episode: Episode) => number;

/** The default count: what the producer of the episode counted. */
export function completionTokens(reward: string): CountTokens {
  return ({ completionTokens }) => {
    if (completionTokens !== undefined) return completionTokens;
    throw new Error(
      `${reward}: needs an episode that knows its completionTokens, got none. ` +
        `Set it where the episode is made, or give ${reward} the option count.`,
    );
  };
}
