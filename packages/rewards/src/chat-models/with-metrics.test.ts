import { expect, test } from 'vitest';
import { ChatModelError } from './chat-model-error.js';
import { functionChatModel, scriptedChatModel } from './function-chat-model.js';
import { withMetrics } from './with-metrics.js';

test('calls, tokens, cost and latencies add up', async () => {
  let time = 0;
  const latencies = Array.from({ length: 20 }, (_, i) => i + 1);
  const model = functionChatModel((_, { seed = 0 }) => {
    time += latencies[seed];
    return seed === 19
      ? 'no usage'
      : { text: '', usage: { inputTokens: 100_000, outputTokens: 10_000 } };
  });
  const prices = { inputPerMillion: 2, outputPerMillion: 8 };
  const chatModel = withMetrics(model, { prices, now: () => time });
  for (const seed of latencies.keys()) await chatModel([], { seed });
  const { cost, ...counts } = chatModel.metrics();
  expect(counts).toEqual({
    calls: 20,
    failures: {},
    cancelled: 0,
    latencyMs: { p50: 10, p95: 19 },
    inputTokens: 1_900_000,
    outputTokens: 190_000,
    callsWithoutUsage: 1,
  });
  expect(cost).toBeCloseTo(1.9 * 2 + 0.19 * 8, 12);
});

test('failures are counted by kind, and those of a caller who gave up apart', async () => {
  const errors = [new ChatModelError('timeout', 'slow'), new Error('a bug'), new Error('aborted')];
  const chatModel = withMetrics(scriptedChatModel(errors));
  await expect(chatModel([])).rejects.toThrow('slow');
  await expect(chatModel([])).rejects.toThrow('a bug');
  await expect(chatModel([], { signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
  expect(chatModel.metrics()).toMatchObject({
    calls: 3,
    failures: { timeout: 1, other: 1 },
    cancelled: 1,
    latencyMs: { p50: null, p95: null },
    cost: null,
  });
});
