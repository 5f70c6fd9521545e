import {
  type AnyReward,
  answerFormat,
  bleu,
  codeTests,
  exactAnswer,
  jsonFormat,
  loopPenalty,
  mathAnswer,
  multipleChoice,
  numericAnswer,
  type Reward,
  repetitionPenalty,
  rouge,
  thinkFormat,
} from '@grpo/rewards';
import { environmentReward } from '@grpo/trainer';
import type { NamedReward } from './types.js';

/** Rewards whose options are plain data, so that a JSON file can name them. */
const factories: Readonly<Record<string, (options: never) => Reward>> = {
  answerFormat,
  bleu,
  codeTests,
  environmentReward,
  exactAnswer,
  jsonFormat,
  loopPenalty,
  mathAnswer,
  multipleChoice,
  numericAnswer,
  repetitionPenalty,
  rouge,
  thinkFormat,
};

/**
 * Makes the rewards that go by their names; the others stay as they are.
 *
 * @throws where there is none of that name; the message lists those there are
 * @example resolveRewards(['numericAnswer', { name: 'answerFormat', weight: 0.1 }])
 */
export function resolveRewards(rewards: readonly (AnyReward | NamedReward)[]): AnyReward[] {
  return rewards.map((reward) => {
    if (isReward(reward)) return reward;
    const { name, weight, ...options } = typeof reward === 'string' ? { name: reward } : reward;
    const factory = Object.hasOwn(factories, name) ? factories[name] : undefined;
    if (factory === undefined) {
      throw new Error(
        `resolveRewards: needs one of ${Object.keys(factories).join(', ')}, got "${name}". Name one of them, or write a grpo.config.ts, which can hold any reward.`,
      );
    }
    const made = factory(options as never);
    return weight === undefined ? made : { ...made, weight };
  });
}

function isReward(reward: AnyReward | NamedReward): reward is AnyReward {
  return typeof reward === 'object' && ['fn', 'groupFn', 'turnFn'].some((field) => field in reward);
}
