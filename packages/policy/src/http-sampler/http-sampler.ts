import { setMaxListeners } from 'node:events';
import { checkOptions } from '../sampling/check-options.js';
import type {
  SampledTokens,
  SampleOptions,
  SampleRequest,
  Sampler,
  StreamedToken,
} from '../types.js';
import {
  assertKnownLogProbs,
  type CompletionState,
  completionBody,
  isOfTheDraw,
  type LogProbsMode,
  readChoice,
  sampledTokens,
} from './completion.js';
import { dataOfEvents } from './event-stream.js';
import { createPoster, readText, type ServerAnswer } from './poster.js';
import { createTurnstile } from './turnstile.js';

export interface HttpSamplerOptions {
  /** Where the server's OpenAI-compatible routes begin, such as `http://localhost:8000/v1`. */
  readonly url: string;
  /** Name under which the server has the model. */
  readonly model: string;
  /** Sent as a bearer token; never part of an error. */
  readonly apiKey?: string;
  /** What the server was started with as `--logprobs-mode`. Default: vLLM's own, `raw_logprobs`. */
  readonly logProbsMode?: LogProbsMode;
  /** Tokens of prompt and answer together, where the caller knows. */
  readonly contextLength?: number;
  /** Requests that are open at the same time, over all calls; others wait. Default 64. */
  readonly concurrency?: number;
  /** For one attempt, from sending to the last byte, in ms. Default 600,000. */
  readonly timeoutMs?: number;
  /** Attempts after the first one. Default 4. */
  readonly retries?: number;
  /** Longest wait before the first retry, in ms; doubles each time, up to 30 s. Default 500. */
  readonly retryDelayMs?: number;
  /** Longest answer to one request, in bytes. Default 64 MiB. */
  readonly maxResponseBytes?: number;
}

/**
 * Samples on a server with vLLM's `/v1/completions`: ids go in and come out (`return_token_ids`), so that nothing is
 * tokenized twice. One request per row, each with its seed. A request is sent again after 429, 5xx or a connection
 * that failed before an answer began; an answer that breaks off or breaks the contract rejects the call.
 *
 * The server tells one log-prob per token. Options under which that is not the one that `logProbs` promises are
 * refused: say with `logProbsMode` how the server was started.
 *
 * https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
 */
export function createHttpSampler({
  url,
  model,
  apiKey,
  logProbsMode = 'raw_logprobs',
  contextLength,
  concurrency = 64,
  timeoutMs = 600_000,
  retries = 4,
  retryDelayMs = 500,
  maxResponseBytes = 64 * 2 ** 20,
}: HttpSamplerOptions): Sampler {
  const poster = createPoster(`${url.replace(/\/+$/, '')}/completions`, {
    apiKey,
    timeoutMs,
    retries,
    retryDelayMs,
  });
  const turnstile = createTurnstile(concurrency);

  async function sampleOne(
    request: SampleRequest,
    index: number,
    options: SampleOptions,
    signal: AbortSignal,
  ): Promise<SampledTokens> {
    const body = completionBody(model, request, options);
    const answer = await poster.post(body, request.seed, signal);
    const state: CompletionState = { ids: [], logProbs: [] };
    let listenerError: unknown;
    const tell = (token: StreamedToken) => {
      try {
        options.onToken?.(token);
      } catch (error) {
        listenerError = error;
        throw error;
      }
    };
    try {
      for await (const choice of choicesOf(answer, options, maxResponseBytes)) {
        const from = state.ids.length;
        readChoice(state, choice, request);
        for (let t = from; t < state.ids.length; t++) {
          const logProb = state.logProbs[t];
          const sampled = isOfTheDraw(options, logProbsMode) && { sampledLogProb: logProb };
          tell({ request: index, id: state.ids[t], logProb, ...sampled });
        }
      }
      return sampledTokens(state, options, logProbsMode);
    } catch (error) {
      signal.throwIfAborted();
      throw error === listenerError ? error : answer.explain(error);
    } finally {
      answer.close();
    }
  }

  return {
    ...(contextLength !== undefined && { contextLength }),
    isContinuous: true,
    async sample(requests, options) {
      checkOptions(requests, options);
      assertKnownLogProbs(options, logProbsMode);
      options.signal?.throwIfAborted();
      const failed = new AbortController();
      const signal = options.signal
        ? AbortSignal.any([options.signal, failed.signal])
        : failed.signal;
      setMaxListeners(0, signal); // every request listens
      try {
        return await Promise.all(
          requests.map((request, index) =>
            turnstile(() => sampleOne(request, index, options, signal), signal),
          ),
        );
      } catch (error) {
        failed.abort(error); // the call is lost: free the server of its other requests
        throw error;
      }
    },
  };
}

/** The choices of an answer: one, or one per event where tokens are streamed. */
async function* choicesOf(
  { response }: ServerAnswer,
  { onToken }: SampleOptions,
  maxBytes: number,
): AsyncGenerator<unknown> {
  if (onToken === undefined) {
    yield parsed(await readText(response, maxBytes));
    return;
  }
  for await (const data of dataOfEvents(response, maxBytes)) {
    if (data === '[DONE]') return;
    yield parsed(data);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`needs JSON, got ${JSON.stringify(text.slice(-80))} at the end. It broke off`);
  }
}
