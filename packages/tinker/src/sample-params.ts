import type { SampleOptions, SampleRequest } from '@grpo/policy';
import type { SampleParams } from './types.js';

/** Seeds of a server are numbers of 31 bits. */
const SEEDS = 2 ** 31;

/**
 * What the protocol has words for.
 *
 * @throws for options that make no sense, and for those that the protocol cannot say
 */
export function sampleParams(
  { ids, seed, maxTokens: own }: SampleRequest,
  options: SampleOptions,
): SampleParams {
  const { temperature = 1, topK, topP = 1, minP = 0, repetitionPenalty = 1 } = options;
  const { minTokens = 0, stopStrings = [], stopIds } = options;
  const maxTokens = own ?? options.maxTokens;
  need(isCount(maxTokens), 'maxTokens of at least 1', maxTokens);
  need(isCount(ids.length), 'at least one prompt token', 'none');
  need(Number.isInteger(seed), 'a whole number as seed', seed);
  need(topK === undefined || isCount(topK), 'topK of at least 1', topK);
  need(topP > 0 && topP <= 1, 'topP above 0 and at most 1', topP);
  need(
    temperature === 0 || temperature === 1,
    'the temperature 1, or 0 for the most probable tokens, since the server tells log-probs at 1',
    temperature,
  );
  need(minP === 0, 'no minP, which the protocol does not know', minP);
  need(
    repetitionPenalty === 1,
    'no repetitionPenalty, which the protocol does not know',
    repetitionPenalty,
  );
  need(minTokens === 0, 'no minTokens, which the protocol does not know', minTokens);
  need(
    stopStrings.length === 0,
    'stopIds, which the server does not mix with stopStrings',
    JSON.stringify(stopStrings),
  );
  return { maxTokens, seed: ((seed % SEEDS) + SEEDS) % SEEDS, temperature, topK, topP, stopIds };
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}

function need(isTrue: boolean, what: string, got: unknown): void {
  if (!isTrue) throw new Error(`sample: needs ${what}, got ${String(got)}.`);
}
