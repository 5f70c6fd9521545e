import type { ModelConfig } from '../architectures/config.js';
import type { SampleOptions, SampleRequest } from '../types.js';

/** Refuses options that no sampler can follow. */
export function checkOptions(requests: readonly SampleRequest[], options: SampleOptions): void {
  const { temperature = 1, topK, topP = 1, minP = 0, repetitionPenalty = 1 } = options;
  const { maxTokens, minTokens = 0, stopStrings = [] } = options;
  if (!isCount(maxTokens, 1)) {
    throw new Error(`sample: needs maxTokens of at least 1, got ${maxTokens}.`);
  }
  for (const [i, request] of requests.entries()) {
    if (request.maxTokens !== undefined && !isCount(request.maxTokens, 1)) {
      throw new Error(
        `sample: needs maxTokens of at least 1, got ${request.maxTokens} in request ${i}.`,
      );
    }
    if (request.ids.length === 0) {
      throw new Error(`sample: needs at least one prompt token, got none in request ${i}.`);
    }
  }
  if (!isCount(minTokens, 0)) {
    throw new Error(`sample: needs minTokens of 0 or above, got ${minTokens}.`);
  }
  if (!(temperature >= 0 && temperature < Infinity)) {
    throw new Error(`sample: needs a temperature of 0 or above, got ${temperature}.`);
  }
  if (topK !== undefined && !isCount(topK, 1)) {
    throw new Error(`sample: needs topK of at least 1, got ${topK}. Leave it out to keep all.`);
  }
  if (!(topP > 0 && topP <= 1)) {
    throw new Error(`sample: needs topP above 0 and at most 1, got ${topP}.`);
  }
  if (!(minP >= 0 && minP <= 1)) {
    throw new Error(`sample: needs minP from 0 to 1, got ${minP}.`);
  }
  if (!(repetitionPenalty > 0 && repetitionPenalty < Infinity)) {
    throw new Error(
      `sample: needs a repetitionPenalty above 0, got ${repetitionPenalty}. 1 is no penalty.`,
    );
  }
  if (stopStrings.includes('')) {
    throw new Error('sample: needs stopStrings of at least one character, got an empty one.');
  }
}

/** Refuses prompts that the model cannot read. */
export function checkPrompts(
  requests: readonly SampleRequest[],
  { contextLength, vocabularySize }: ModelConfig,
): void {
  for (const [i, { ids }] of requests.entries()) {
    if (ids.length >= contextLength) {
      throw new Error(
        `sample: needs a prompt shorter than the context of ${contextLength} tokens, got ${ids.length} in request ${i}. Shorten the prompt or use a model with a longer context.`,
      );
    }
    const unknown = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabularySize));
    if (unknown !== undefined) {
      throw new Error(
        `sample: needs token ids from 0 to ${vocabularySize - 1}, got ${unknown} in request ${i}. Use the tokenizer of this model.`,
      );
    }
  }
}

function isCount(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least;
}
