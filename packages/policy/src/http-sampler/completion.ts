import type { SampledTokens, SampleOptions, SampleRequest } from '../types.js';

/**
 * Of which distribution a vLLM server tells log-probs: as the model gave it, at temperature 1; or as it was drawn
 * from, after penalty, temperature and truncation.
 */
export type LogProbsMode = 'raw_logprobs' | 'processed_logprobs';

/** What has been read of one completion. */
export interface CompletionState {
  readonly ids: number[];
  readonly logProbs: number[];
  finishReason?: 'stop' | 'length';
  stopReason?: number | string;
}

/** The body of a request to `/v1/completions`. Every option is named: what is left out, the server takes from generation_config.json. */
export function completionBody(
  model: string,
  { ids, seed, maxTokens }: SampleRequest,
  options: SampleOptions,
): Record<string, unknown> {
  return {
    model,
    prompt: [...ids],
    seed,
    max_tokens: maxTokens ?? options.maxTokens,
    min_tokens: options.minTokens ?? 0,
    temperature: options.temperature ?? 1,
    top_k: options.topK ?? -1,
    top_p: options.topP ?? 1,
    min_p: options.minP ?? 0,
    repetition_penalty: options.repetitionPenalty ?? 1,
    stop_token_ids: [...options.stopIds],
    stop: [...(options.stopStrings ?? [])],
    ignore_eos: true, // the stop ids say what ends a row
    logprobs: 0, // of the sampled token alone
    return_token_ids: true,
    stream: options.onToken !== undefined,
  };
}

/** Refuses options under which the server's log-probs are not those of softmax(logits / temperature). */
export function assertKnownLogProbs(options: SampleOptions, mode: LogProbsMode): void {
  const { temperature = 1 } = options;
  if (mode === 'raw_logprobs' && temperature !== 1 && temperature !== 0) {
    throw new Error(
      `sample: needs log-probs at temperature ${temperature}, got a server that tells those at 1. Start vLLM with --logprobs-mode processed_logprobs and set logProbsMode, or sample at temperature 1.`,
    );
  }
  if (mode === 'processed_logprobs' && isShaped(options)) {
    throw new Error(
      'sample: needs log-probs of the whole distribution, got a server that tells those after penalty and truncation. Leave out topK, topP, minP, repetitionPenalty and minTokens, or start vLLM with --logprobs-mode raw_logprobs, set logProbsMode, and sample at temperature 1.',
    );
  }
}

/**
 * Adds what an answer, or one event of it, holds of the completion.
 *
 * @throws if it breaks the contract: `token_ids` and `logprobs.token_logprobs` of one length
 */
export function readChoice(state: CompletionState, answer: unknown, request: SampleRequest): void {
  if (!isRecord(answer)) throw new Error(`needs an object, got ${show(answer)}`);
  if (answer.error !== undefined) throw new Error(`got the error ${show(answer.error)}`);
  const { choices } = answer;
  if (!Array.isArray(choices)) throw new Error(`needs an array of choices, got ${show(choices)}`);
  if (choices.length === 0) return; // the event that counts usage
  const [choice] = choices as unknown[];
  if (!isRecord(choice)) throw new Error(`needs a choice that is an object, got ${show(choice)}`);
  const { prompt_token_ids: prompt, token_ids: ids, finish_reason: reason } = choice;
  if (Array.isArray(prompt) && prompt.join() !== request.ids.join()) {
    throw new Error('needs the prompt as it was sent, got other prompt_token_ids');
  }
  if (!Array.isArray(ids)) {
    throw new Error(
      `needs token_ids, got ${show(ids)}. The server must know return_token_ids (vLLM 0.10.2 or later)`,
    );
  }
  const logProbs = isRecord(choice.logprobs) ? choice.logprobs.token_logprobs : undefined;
  if (!Array.isArray(logProbs) && ids.length > 0) {
    throw new Error(`needs logprobs.token_logprobs, got ${show(logProbs)}`);
  }
  const values = Array.isArray(logProbs) ? logProbs : [];
  if (values.length !== ids.length) {
    throw new Error(`needs one log-prob per token, got ${values.length} for ${ids.length}`);
  }
  for (const [t, id] of ids.entries()) {
    if (!(Number.isInteger(id) && id >= 0)) throw new Error(`needs token ids, got ${show(id)}`);
    if (!Number.isFinite(values[t])) {
      throw new Error(`needs finite log-probs, got ${show(values[t])}`);
    }
    state.ids.push(id);
    state.logProbs.push(values[t]);
  }
  if (reason === 'stop' || reason === 'length') state.finishReason = reason;
  else if (reason !== null && reason !== undefined) {
    throw new Error(`needs the finish_reason stop or length, got ${show(reason)}`);
  }
  const { stop_reason: stop } = choice;
  if (typeof stop === 'number' || typeof stop === 'string') state.stopReason = stop;
}

/** The completion as a sampler tells it. @throws if it has not ended */
export function sampledTokens(
  { ids, logProbs, finishReason, stopReason }: CompletionState,
  options: SampleOptions,
  mode: LogProbsMode,
): SampledTokens {
  if (finishReason === undefined || ids.length === 0) {
    throw new Error('needs at least one token and a finish_reason, got none');
  }
  const last = ids.at(-1) ?? Number.NaN;
  const stoppedBy = stopReason ?? (options.stopIds.includes(last) ? last : undefined);
  return {
    ids,
    logProbs,
    ...(isOfTheDraw(options, mode) && { sampledLogProbs: [...logProbs] }),
    stopReason: finishReason,
    ...(finishReason === 'stop' && stoppedBy !== undefined && { stoppedBy }),
  };
}

/** Whether the server's log-probs are also those of the distribution that tokens are drawn from. */
export function isOfTheDraw(options: SampleOptions, mode: LogProbsMode): boolean {
  return mode === 'processed_logprobs' || !isShaped(options);
}

/** Whether tokens are drawn from another distribution than softmax(logits / temperature). */
function isShaped(options: SampleOptions): boolean {
  const { temperature = 1, topK, topP = 1, minP = 0 } = options;
  const { repetitionPenalty = 1, minTokens = 0 } = options;
  const isCut = temperature !== 0 && (topK !== undefined || topP < 1 || minP > 0);
  return isCut || repetitionPenalty !== 1 || minTokens > 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 200);
}
