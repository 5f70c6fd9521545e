import type { ChatFailureKind, ChatMetrics, ChatModel } from '../types.js';
import { failureKind } from './chat-model-error.js';
import { sameModel } from './with-timeout.js';

/** Prices per million tokens, in any currency. */
export interface TokenPrices {
  readonly inputPerMillion: number;
  readonly outputPerMillion: number;
}

/** Options of `withMetrics`. */
export interface MetricsOptions {
  readonly prices?: TokenPrices;
  /** A clock in ms that never goes back. Default performance.now. */
  readonly now?: () => number;
}

/** A chat model that counts. */
export interface MeteredChatModel extends ChatModel {
  metrics(): ChatMetrics;
}

/** Latencies that are kept, so that memory stays bounded in a long run. */
const KEPT_LATENCIES = 1000;

/** Counts calls, failures by kind, latency, tokens and, given prices, cost. */
export function withMetrics(
  chatModel: ChatModel,
  { prices, now = () => performance.now() }: MetricsOptions = {},
): MeteredChatModel {
  const latencies: number[] = [];
  const failures: Partial<Record<ChatFailureKind, number>> = {};
  let calls = 0;
  let answered = 0;
  let cancelled = 0;
  let inputTokens = 0;
  let outputTokens = 0;
  let callsWithoutUsage = 0;

  const metered: ChatModel = async (messages, options) => {
    calls++;
    const start = now();
    try {
      const answer = await chatModel(messages, options);
      latencies[answered++ % KEPT_LATENCIES] = now() - start;
      if (answer.usage === undefined) callsWithoutUsage++;
      inputTokens += answer.usage?.inputTokens ?? 0;
      outputTokens += answer.usage?.outputTokens ?? 0;
      return answer;
    } catch (error) {
      if (options?.signal?.aborted) cancelled++;
      else {
        const kind = failureKind(error);
        failures[kind] = (failures[kind] ?? 0) + 1;
      }
      throw error;
    }
  };
  const metrics = (): ChatMetrics => ({
    calls,
    failures: { ...failures },
    cancelled,
    latencyMs: { p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95) },
    inputTokens,
    outputTokens,
    callsWithoutUsage,
    cost:
      prices === undefined
        ? null
        : (inputTokens * prices.inputPerMillion + outputTokens * prices.outputPerMillion) / 1e6,
  });
  return Object.assign(sameModel(metered, chatModel), { metrics });
}

/** Nearest-rank percentile; null of nothing. */
function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1];
}
