import { ChatModelError, failureKind } from '../chat-models/chat-model-error.js';
import {
  type BreakerOptions,
  circuitBreaker,
  withBreaker,
} from '../chat-models/circuit-breaker.js';
import { type CachedChatModel, withCache } from '../chat-models/with-cache.js';
import { withLimit } from '../chat-models/with-limit.js';
import { type TokenPrices, withMetrics } from '../chat-models/with-metrics.js';
import { withTimeout } from '../chat-models/with-timeout.js';
import { excerpt } from '../excerpt.js';
import type {
  ChatFailureKind,
  ChatModel,
  ChatModelOptions,
  CircuitBreaker,
  Judge,
  JudgeQuestion,
  Message,
} from '../types.js';
import { parseJudgement } from './parse-judgement.js';
import { UNTRUSTED_NOTE } from './quote-untrusted.js';

/** Options of `createJudge`. */
export interface JudgeOptions {
  /** Limit of one call with all its retries, in ms. Default 90 000: below that of `scoreEpisodes`. */
  readonly timeoutMs?: number;
  /** How often a judge whose answer cannot be read is shown why and asked again. Default 2. */
  readonly rereads?: number;
  /** How many calls run at once. Default 8. */
  readonly concurrency?: number;
  /** A folder that keeps answers, so that the same question is paid for once. */
  readonly cacheFolder?: string;
  /** Names the model in the cache where it has no id of its own. */
  readonly id?: string;
  /** A breaker, to share one between judges or to look at it; or the options of an own one. */
  readonly breaker?: CircuitBreaker | BreakerOptions;
  readonly prices?: TokenPrices;
  /** Default 0: the same answer gets the same score. */
  readonly temperature?: number;
  /** Limit of one answer, in tokens. Default 2048. */
  readonly maxTokens?: number;
}

/** Failures that say nothing about whether the service is up. */
const NOT_DOWN: ReadonlySet<ChatFailureKind> = new Set(['malformed', 'refused']);

/**
 * Makes a judge of a chat model: its questions are answered by a schema, read leniently, asked again with
 * the error where the answer cannot be read, and kept within limits. A judge that is down, too slow or does
 * not answer the question gives `unavailable` with the kind and the reason, and counts it; it never gives a
 * score that the model did not.
 *
 * Calls go, from the outside in: cache, limit, breaker, metrics, time limit, model. Retries after 429 and
 * the like belong to the model (`openAiChatModel` has them; else `withRetries`).
 *
 * @throws RangeError or TypeError if an option is out of range, or a cache is wanted for a model without id
 */
export function createJudge(
  chatModel: ChatModel,
  {
    timeoutMs = 90_000,
    rereads = 2,
    concurrency = 8,
    cacheFolder,
    id,
    breaker: given = {},
    prices,
    temperature = 0,
    maxTokens = 2048,
  }: JudgeOptions = {},
): Judge {
  if (!Number.isInteger(rereads) || rereads < 0) {
    throw new RangeError(
      `createJudge: rereads must be an integer of at least 0, got ${rereads}. Use 0 to ask once.`,
    );
  }
  const isDown = (error: unknown): boolean => !NOT_DOWN.has(failureKind(error));
  const breaker = 'run' in given ? given : circuitBreaker({ isFailure: isDown, ...given });
  const metered = withMetrics(
    withTimeout(chatModel, timeoutMs),
    prices === undefined ? {} : { prices },
  );
  const limited = withLimit(withBreaker(metered, breaker), concurrency);
  const cached = cacheFolder === undefined ? undefined : cache(limited, cacheFolder, id);
  const unavailable: Partial<Record<ChatFailureKind, number>> = {};
  let questions = 0;
  let answered = 0;
  let lastReason: string | undefined;

  return {
    ask: async (question, signal) => {
      questions++;
      const options = { temperature, maxTokens, ...(signal === undefined ? {} : { signal }) };
      try {
        const value = await askUntilRead(cached ?? limited, question, options, rereads);
        answered++;
        return { value };
      } catch (error) {
        signal?.throwIfAborted(); // the caller gave up: no one wants the verdict
        const kind = failureKind(error);
        unavailable[kind] = (unavailable[kind] ?? 0) + 1;
        lastReason = excerpt(error instanceof Error ? error.message : String(error));
        return { unavailable: kind, reason: lastReason };
      }
    },
    stats: () => ({
      questions,
      answered,
      unavailable: { ...unavailable },
      ...(lastReason === undefined ? {} : { lastReason }),
      breaker: breaker.state,
      model: metered.metrics(),
      ...(cached === undefined ? {} : { cache: cached.stats() }),
    }),
  };
}

function cache(chatModel: ChatModel, folder: string, id: string | undefined): CachedChatModel {
  return withCache(chatModel, folder, id === undefined ? {} : { id });
}

async function askUntilRead<T>(
  chatModel: ChatModel,
  { instructions, material, schema, read }: JudgeQuestion<T>,
  options: ChatModelOptions,
  rereads: number,
): Promise<T> {
  const form = `Answer with one JSON object by this schema and nothing else:\n${JSON.stringify(schema)}`;
  let messages: readonly Message[] = [
    { role: 'system', content: `${instructions}\n\n${UNTRUSTED_NOTE}\n\n${form}` },
    { role: 'user', content: material },
  ];
  for (let k = 0; ; k++) {
    const { text } = await chatModel(messages, { ...options, schema });
    try {
      return read(parseJudgement(text));
    } catch (error) {
      const wrong = excerpt(error instanceof Error ? error.message : String(error));
      if (k >= rereads) {
        throw new ChatModelError('malformed', `The judge's answer could not be read: ${wrong}`);
      }
      messages = [
        ...messages.slice(0, 2), // the last try alone, so that the questions do not grow
        { role: 'assistant', content: excerpt(text) },
        { role: 'user', content: `That could not be read: ${wrong}. ${form}` },
      ];
    }
  }
}
