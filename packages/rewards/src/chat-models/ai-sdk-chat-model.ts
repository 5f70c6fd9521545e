import { excerpt } from '../excerpt.js';
import type { ChatFailureKind, ChatModel, ChatModelAnswer } from '../types.js';
import { ChatModelError } from './chat-model-error.js';
import { plainMessages } from './plain-messages.js';

/**
 * What this package uses of the AI SDK's language models; those of the specifications V2, V3 and V4 all
 * fit. Their types are not imported, so that the SDK need not be installed.
 */
export interface AiSdkLanguageModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  // A method, so that models whose option types are narrower fit as well.
  doGenerate(options: never): PromiseLike<AiSdkResult>;
}

/** What this package reads of a result. */
export interface AiSdkResult {
  readonly content: readonly { readonly type: string; readonly text?: unknown }[];
  readonly finishReason: unknown;
  readonly usage: unknown;
  /** V4: the text that answers by the schema, where the content holds drafts too. */
  readonly structuredOutputText?: string;
}

const VERSIONS = ['v2', 'v3', 'v4'];

/**
 * A chat model of the AI SDK, such as `openai('gpt-4.1-mini')` from `@ai-sdk/openai`, of the specification
 * V2 (ai 5), V3 (ai 6) or V4 (ai 7). Messages of the role `tool` are sent as the user's, since they carry
 * no call id. The SDK's own models do not retry: wrap this in `withRetries` and `withTimeout`.
 *
 * @throws TypeError if the model is of another specification
 */
export function aiSdkChatModel(model: AiSdkLanguageModel): ChatModel {
  if (!VERSIONS.includes(model.specificationVersion)) {
    throw new TypeError(
      `aiSdkChatModel: needs a language model of the AI SDK's specification ${VERSIONS.join(', ')}, got ` +
        `"${String(model.specificationVersion)}". Give a model object, not the name of one.`,
    );
  }
  const generate = model.doGenerate.bind(model) as (options: unknown) => PromiseLike<AiSdkResult>;
  const chatModel: ChatModel = async (messages, options = {}) => {
    const { signal, maxTokens, temperature, seed, schema } = options;
    signal?.throwIfAborted();
    let result: AiSdkResult;
    try {
      result = await generate({
        prompt: plainMessages(messages).map(({ role, content }) => ({
          role,
          content: role === 'system' ? content : [{ type: 'text', text: content }],
        })),
        ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
        ...(temperature === undefined ? {} : { temperature }),
        ...(seed === undefined ? {} : { seed }),
        ...(schema === undefined
          ? {}
          : { responseFormat: { type: 'json', schema, name: 'answer' } }),
        ...(signal === undefined ? {} : { abortSignal: signal }),
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw asChatModelError(error, model);
    }
    return readResult(result, model, schema !== undefined);
  };
  return Object.assign(chatModel, { id: `${model.provider} ${model.modelId}` });
}

function readResult(
  result: AiSdkResult,
  { provider, modelId }: AiSdkLanguageModel,
  isStructured: boolean,
): ChatModelAnswer {
  // V2 says 'stop'; V3 and V4 say { unified: 'stop', raw }.
  const reason = read(result?.finishReason, 'unified') ?? result?.finishReason;
  if (reason === 'content-filter' || reason === 'error') {
    const kind = reason === 'error' ? 'server' : 'refused';
    throw new ChatModelError(kind, `${provider} ${modelId} ended its answer with "${reason}".`);
  }
  if (!Array.isArray(result?.content)) {
    throw new ChatModelError(
      'malformed',
      `${provider} ${modelId} returned a result without content.`,
    );
  }
  const text = result.content
    .filter((part) => part?.type === 'text' && typeof part.text === 'string')
    .map((part) => part.text)
    .join('');
  const chosen = isStructured ? (result.structuredOutputText ?? text) : text;
  const inputTokens = count(result.usage, 'inputTokens');
  const outputTokens = count(result.usage, 'outputTokens');
  return inputTokens === undefined || outputTokens === undefined
    ? { text: chosen }
    : { text: chosen, usage: { inputTokens, outputTokens } };
}

/** V2 counts with a number, V3 and V4 with `{ total }`; either may be unknown. */
function count(usage: unknown, name: string): number | undefined {
  const counted = read(usage, name);
  const total = typeof counted === 'object' ? read(counted, 'total') : counted;
  return typeof total === 'number' && Number.isFinite(total) ? total : undefined;
}

function read(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

/** The SDK's APICallError has a statusCode, and says itself whether another try may help. */
function asChatModelError(
  error: unknown,
  { provider, modelId }: AiSdkLanguageModel,
): ChatModelError {
  if (error instanceof ChatModelError) return error;
  const status = read(error, 'statusCode');
  const message = error instanceof Error ? error.message : String(error);
  return new ChatModelError(
    errorKind(status, error),
    `${provider} ${modelId} failed: ${excerpt(message)}`,
  );
}

function errorKind(status: unknown, error: unknown): ChatFailureKind {
  if (status === 429) return 'rate-limited';
  if (typeof status === 'number') return status >= 500 || status === 408 ? 'server' : 'client';
  if (read(error, 'isRetryable') === true) return 'connection';
  return 'other';
}
