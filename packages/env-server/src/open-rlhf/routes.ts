import {
  type AnyReward,
  answerOpenRlhf,
  combine,
  OpenRlhfRequestError,
  type Reward,
} from '@grpo/rewards';
import { HttpError } from '../http/http-error.js';
import type { Routes } from '../http/json-server.js';
import type { Sessions } from '../session/sessions.js';

/**
 * OpenRLHF's remote reward (`--reward.remote_url http://…/get_reward`): the weighted sum of the rewards, each of them in
 * `extra_logs`. Not there for an environment without rewards, or with rewards that are earned turn by turn, which a
 * single text does not show.
 */
export function openRlhfRoutes({ served, limits }: Sessions): Routes {
  const { rewards = [] } = served;
  if (rewards.length === 0 || !rewards.every(isWhole)) return {};
  const sum = combine('sum', rewards);
  return {
    'POST /get_reward': async (request) => {
      try {
        const { turnTimeoutMs: timeoutMs } = limits;
        const { signal } = request;
        return { body: await answerOpenRlhf(request.json(), sum, { timeoutMs, signal }) };
      } catch (error) {
        if (error instanceof OpenRlhfRequestError) throw new HttpError(422, error.message);
        throw error;
      }
    },
  };
}

function isWhole(reward: AnyReward): reward is Reward {
  return 'fn' in reward;
}
