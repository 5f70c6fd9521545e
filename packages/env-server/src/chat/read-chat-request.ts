import type { ToolDefinition } from '@grpo/policy';
import { HttpError } from '../http/http-error.js';
import { checkShape } from '../openenv/read-request.js';
import type { ClientMessage } from './recording.js';

type Fields = Readonly<Record<string, unknown>>;

/** What of OpenAI's chat completions is understood. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ClientMessage[];
  readonly tools: readonly ToolDefinition[];
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly seed: number | undefined;
  readonly stop: readonly string[];
  readonly isStreamed: boolean;
  readonly includesUsage: boolean;
  readonly returnsTokenIds: boolean;
}

const NULLABLE = (schema: Fields) => ({ anyOf: [schema, { type: 'null' }] });
const SCHEMA = {
  type: 'object',
  properties: {
    model: { type: 'string' },
    messages: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: {
          role: { enum: ['system', 'developer', 'user', 'assistant', 'tool'] },
          content: NULLABLE({ type: ['string', 'array'] }),
          tool_calls: NULLABLE({ type: 'array', items: { type: 'object' } }),
        },
        required: ['role'],
      },
    },
    tools: NULLABLE({ type: 'array', items: { type: 'object' } }),
    n: NULLABLE({ const: 1 }),
    max_tokens: NULLABLE({ type: 'integer', minimum: 1 }),
    max_completion_tokens: NULLABLE({ type: 'integer', minimum: 1 }),
    temperature: NULLABLE({ type: 'number', minimum: 0, maximum: 2 }),
    top_p: NULLABLE({ type: 'number', exclusiveMinimum: 0, maximum: 1 }),
    seed: NULLABLE({ type: 'integer' }),
    stop: NULLABLE({ type: ['string', 'array'] }),
    stream: NULLABLE({ type: 'boolean' }),
  },
  required: ['messages'],
};

/** Fields whose effect would be missed: better an error than an answer that is not what was asked for. */
const REFUSED = ['functions', 'function_call', 'logit_bias', 'response_format', 'top_logprobs'];

/** @throws HttpError 400 where it is no request, or asks for what is not served */
export function readChatRequest(body: Fields): ChatRequest {
  try {
    checkShape(SCHEMA, body, 'body');
  } catch (error) {
    throw new HttpError(400, error instanceof Error ? error.message : String(error));
  }
  const refused = REFUSED.find((name) => body[name] != null);
  const isText = Object(body.response_format).type === 'text';
  if (refused !== undefined && !(refused === 'response_format' && isText))
    throw new HttpError(400, `${refused} is not served. Leave it out.`);
  const { stop, stream_options: streaming } = body;
  const number = (name: string) => (body[name] == null ? undefined : Number(body[name]));
  const tools =
    body.tool_choice === 'none' ? [] : ((body.tools ?? []) as readonly ToolDefinition[]);
  return {
    model: String(body.model ?? ''),
    messages: (body.messages as readonly Fields[]).map(readMessage),
    tools,
    maxTokens: number('max_completion_tokens') ?? number('max_tokens'),
    temperature: number('temperature'),
    topP: number('top_p'),
    seed: number('seed'),
    stop: [stop ?? []].flat().map(String),
    isStreamed: body.stream === true,
    includesUsage: Object(streaming).include_usage === true,
    returnsTokenIds: body.return_token_ids === true,
  };
}

function readMessage({ role, content, tool_calls: calls }: Fields): ClientMessage {
  const parts = Array.isArray(content) ? content : [{ type: 'text', text: content ?? '' }];
  const odd = parts.find((part) => (Object(part).type ?? 'text') !== 'text');
  if (odd !== undefined)
    throw new HttpError(400, `Content of type ${Object(odd).type} is not served. Send text.`);
  return {
    role: (role === 'developer' ? 'system' : role) as ClientMessage['role'],
    content: parts.map((part) => String(Object(part).text ?? '')).join(''),
    calls: (Array.isArray(calls) ? calls : []).map((call) => {
      const { name, arguments: args } = Object(Object(call).function) as Fields;
      return writtenCall(
        String(name),
        typeof args === 'string' ? args : JSON.stringify(args ?? {}),
      );
    }),
  };
}

/** A call as one text, however its arguments were spaced. */
export function writtenCall(name: string, args: string): string {
  try {
    return JSON.stringify({ name, arguments: JSON.parse(args) });
  } catch {
    return JSON.stringify({ name, arguments: args });
  }
}
