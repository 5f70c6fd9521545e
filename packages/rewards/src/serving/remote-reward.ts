import { setTimeout as sleep } from 'node:timers/promises';
import { readBounded } from '../chat-models/read-bounded.js';
import { excerpt } from '../excerpt.js';
import { promptOf } from '../judges/show-episode.js';
import type { Episode, Reward, RewardBreakdown } from '../types.js';

/** Options of `remoteReward`. */
export interface RemoteRewardOptions {
  /** Name of the reward. Default remote. */
  readonly name?: string;
  readonly token?: string;
  /** The column of the row that is sent as the label. Default answer. */
  readonly labelColumn?: string;
  /** Limit of one attempt, in ms. Default 30 000. */
  readonly timeoutMs?: number;
  /** Attempts after the first, where the server is down or busy. Default 2. */
  readonly retries?: number;
  /** Wait before the first retry, in ms; it doubles. Default 500. */
  readonly retryDelayMs?: number;
  /** Longest answer that is read, in bytes. Default 1 MiB. */
  readonly maxResponseBytes?: number;
  /** How the prompt is written as one text. Default: the contents of its messages, a line break between. */
  readonly prompt?: (episode: Episode) => string;
}

/** A failure that another attempt may mend. */
class PassingError extends Error {}

/**
 * A reward behind an address that speaks OpenRLHF's remote-reward JSON: one served by `serveReward`, or any
 * other that was written for OpenRLHF. The logs of the answer become parts. A server that is down, slow or
 * answers something else makes the reward fail with the reason, so the episode has no value.
 *
 * @throws TypeError if the url is no http address
 */
export function remoteReward(
  url: string,
  {
    name = 'remote',
    token,
    labelColumn = 'answer',
    timeoutMs = 30_000,
    retries = 2,
    retryDelayMs = 500,
    maxResponseBytes = 2 ** 20,
    prompt = (episode) =>
      promptOf(episode)
        .map(({ content }) => content)
        .join('\n'),
  }: RemoteRewardOptions = {},
): Reward {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new TypeError('remoteReward: needs an address such as http://127.0.0.1:5000/, got none.');
  }
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const attempt = async (body: string, signal: AbortSignal): Promise<RewardBreakdown> => {
    let response: Response;
    let text: string | undefined;
    try {
      response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
      text = await readBounded(response.body, maxResponseBytes);
    } catch (error) {
      throw new PassingError(`remoteReward: the server did not answer: ${reasonOf(error)}`);
    }
    if (text === undefined)
      throw new Error(`remoteReward: the answer has over ${maxResponseBytes} bytes`);
    if (response.ok) return readReward(text);
    const message = `remoteReward: the server answered ${response.status}: ${excerpt(text)}`;
    throw [429, 502, 503, 504].includes(response.status)
      ? new PassingError(message)
      : new Error(message);
  };
  return {
    name,
    fn: async (episode, call) => {
      const asked = prompt(episode);
      const body = JSON.stringify({
        query: [asked + episode.completion],
        prompts: [asked],
        labels: [Object.hasOwn(episode.row, labelColumn) ? episode.row[labelColumn] : null],
      });
      for (let k = 0; ; k++) {
        call?.signal?.throwIfAborted();
        const limit = AbortSignal.timeout(timeoutMs);
        const signal = call?.signal === undefined ? limit : AbortSignal.any([call.signal, limit]);
        try {
          return await attempt(body, signal);
        } catch (error) {
          call?.signal?.throwIfAborted();
          if (k >= retries || !(error instanceof PassingError)) throw error;
          await sleep(retryDelayMs * 2 ** k);
        }
      }
    },
  };
}

/** `rewards` and the logs are lists of one, or bare numbers as some servers send them. */
function readReward(text: string): RewardBreakdown {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error(`remoteReward: the server answered what is no JSON: ${excerpt(text)}`);
  }
  const { rewards, extra_logs: logs } = (json ?? {}) as Readonly<Record<string, unknown>>;
  const value = only(rewards);
  if (value === undefined) {
    throw new Error(
      `remoteReward: needs an answer with one finite number in "rewards": ${excerpt(text)}`,
    );
  }
  const entries = typeof logs === 'object' && logs !== null ? Object.entries(logs) : [];
  const parts = entries.flatMap(([part, log]) => {
    const number = only(log);
    return number === undefined ? [] : [[part, number] as const];
  });
  return { value, parts: Object.fromEntries(parts) };
}

function only(value: unknown): number | undefined {
  const one: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return typeof one === 'number' && Number.isFinite(one) ? one : undefined;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return excerpt(cause instanceof Error ? cause.message || cause.name : String(cause));
}
