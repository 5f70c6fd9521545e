import { keyedRandom, type Random } from '@grpo/random';
import type { ModelConfig } from '../architectures/config.js';
import type { SampledTokens, SampleOptions, SampleRequest, Tokenizer } from '../types.js';
import { type NextToken, nextToken } from './next-token.js';
import { createStopWatch, type StopWatch } from './stop-watch.js';

/** One call of `sample`: its options, and the promise that its rows settle together. */
export interface Call {
  readonly options: SampleOptions;
  /** Settled, or given up. */
  readonly isOver: boolean;
  finish(request: number, sampled: SampledTokens): void;
  fail(reason: unknown): void;
}

/** A sequence that is being sampled. */
export interface Row {
  readonly call: Call;
  /** Number of its request in the call. */
  readonly request: number;
  readonly prompt: readonly number[];
  /** Equal for equal prompts. */
  readonly promptKey: string;
  readonly random: Random;
  readonly watch: StopWatch;
  /** Most tokens it may grow to. */
  readonly limit: number;
  readonly ids: number[];
  readonly logProbs: number[];
  readonly sampledLogProbs: number[];
  /** Tokens of the prompt that are still to be run, one in each step. */
  pending: readonly number[];
  isDone: boolean;
}

export function createRow(
  call: Call,
  request: number,
  { ids, seed, maxTokens = call.options.maxTokens }: SampleRequest,
  { contextLength }: ModelConfig,
  tokenizer: Tokenizer | undefined,
): Row {
  return {
    call,
    request,
    prompt: ids,
    promptKey: ids.join(' '),
    random: keyedRandom(seed),
    watch: createStopWatch(call.options, tokenizer),
    limit: Math.min(maxTokens, contextLength - ids.length),
    ids: [],
    logProbs: [],
    sampledLogProbs: [],
    pending: [],
    isDone: false,
  };
}

/** The temperature of the row's next token where nothing else shapes it. */
export function plainTemperature({ call, ids }: Row): number | undefined {
  const { temperature = 1, topK, topP = 1, minP = 0, repetitionPenalty = 1 } = call.options;
  const { minTokens = 0, stopIds } = call.options;
  const isForbidding = ids.length < minTokens && stopIds.length > 0;
  const isCut = topK !== undefined || topP < 1 || minP > 0;
  return isForbidding || isCut || repetitionPenalty !== 1 ? undefined : temperature;
}

/**
 * Draws the row's next token, whatever shapes it.
 *
 * @param logits [V] after the row's latest token
 * @param scratch [V] overwritten
 */
export function drawToken(
  { call, prompt, ids }: Row,
  logits: Float32Array,
  uniform: number,
  scratch: Float64Array,
): NextToken {
  const { temperature = 1, repetitionPenalty = 1, minTokens = 0 } = call.options;
  const context = {
    ...(repetitionPenalty !== 1 && { seen: [...prompt, ...ids] }),
    ...(ids.length < minTokens && { forbidden: call.options.stopIds }),
  };
  return nextToken(logits, { ...call.options, temperature }, uniform, context, scratch);
}

/** Gives the row its next token, tells the call's listener, and finishes the row where the token is its last. */
export function takeToken(row: Row, token: NextToken): void {
  const { call, request, ids, logProbs, sampledLogProbs } = row;
  ids.push(token.id);
  logProbs.push(token.logProb);
  sampledLogProbs.push(token.sampledLogProb);
  const stoppedBy = row.watch(token.id);
  const sampled = { ids, logProbs, sampledLogProbs };
  if (stoppedBy !== undefined || ids.length >= row.limit) row.isDone = true;
  call.options.onToken?.({ request, ...token });
  if (stoppedBy !== undefined) call.finish(request, { ...sampled, stopReason: 'stop', stoppedBy });
  else if (row.isDone) call.finish(request, { ...sampled, stopReason: 'length' });
}
