import { scoreEpisodes } from '../score-episodes.js';
import type { Reward } from '../types.js';
import {
  END_OF_SEQUENCE,
  episodeOf,
  type OpenRlhfRequest,
  type OpenRlhfResponse,
  readRequest,
  responseOf,
} from './open-rlhf.js';

/** How a request of OpenRLHF's remote reward is answered. */
export interface OpenRlhfOptions {
  /** Limit of each call of the reward, in ms. Default 120 000. */
  readonly timeoutMs?: number;
  /** How many samples of a request are scored at once. Default 64. */
  readonly concurrency?: number;
  /** The column of the row that a sample's label becomes. Default answer. */
  readonly labelColumn?: string;
  /** Texts that end a sequence and are no part of the completion. */
  readonly endOfSequence?: readonly string[];
  /** What to send where the reward does not apply or fails. Default: the request fails with its reason. */
  readonly nullReward?: number;
  /** Cancels the scoring. */
  readonly signal?: AbortSignal;
}

/** What came is no request of OpenRLHF's remote reward. */
export class OpenRlhfRequestError extends Error {}

/**
 * Answers one request of OpenRLHF's remote reward, for servers of your own; `serveReward` is one.
 *
 * @param json `{ query, prompts, labels }`, one entry per sample in each
 * @returns `{ rewards, scores, extra_logs }`
 * @throws OpenRlhfRequestError where that is no request; an error with the reason where a sample has no number and
 * there is no `nullReward`
 * @example await answerOpenRlhf({ query: ['2+2=4'], prompts: ['2+2='], labels: ['4'] }, numericAnswer());
 */
export async function answerOpenRlhf(
  json: unknown,
  reward: Reward,
  {
    labelColumn = 'answer',
    endOfSequence = END_OF_SEQUENCE,
    nullReward,
    concurrency = 64,
    timeoutMs = 120_000,
    signal,
  }: OpenRlhfOptions = {},
): Promise<OpenRlhfResponse> {
  const request = read(json);
  const episodes = request.query.map((_, i) =>
    episodeOf(request, i, { labelColumn, endOfSequence }),
  );
  const options = { concurrency, timeoutMs, ...(signal && { signal }) };
  const scores = await scoreEpisodes([reward], episodes, options);
  const values = scores.values.map(([value], i) => {
    const number = value ?? nullReward;
    if (number !== undefined) return number;
    const failure = scores.failures.find(({ episode }) => episode === i);
    throw new Error(
      failure?.reason ??
        `Reward "${reward.name}" does not apply to sample ${i}, which this format cannot say. Choose nullReward.`,
    );
  });
  return responseOf(values, scores.parts);
}

function read(json: unknown): OpenRlhfRequest {
  try {
    return readRequest(json);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new OpenRlhfRequestError(`That is no request of OpenRLHF's remote reward: ${what}.`);
  }
}
