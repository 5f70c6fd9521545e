import type { Served } from '../session/served.js';

const METADATA = {
  type: 'object',
  description: 'Anything; it is not looked at.',
};

/** A message of the model: one required field, so that clients may send its words as they are. */
export const MESSAGE_ACTION = {
  title: 'MessageAction',
  description:
    "The model's next message. Environments with tools also take CallToolAction and ListToolsAction.",
  type: 'object',
  properties: {
    message: { type: 'string', description: 'The words of the model.' },
    metadata: METADATA,
  },
  required: ['message'],
  additionalProperties: false,
} as const;

export const LIST_TOOLS_ACTION = {
  title: 'ListToolsAction',
  type: 'object',
  properties: { type: { const: 'list_tools' }, metadata: METADATA },
  required: ['type'],
  additionalProperties: false,
} as const;

export const CALL_TOOL_ACTION = {
  title: 'CallToolAction',
  type: 'object',
  properties: {
    type: { const: 'call_tool' },
    tool_name: { type: 'string' },
    arguments: { type: 'object' },
    metadata: METADATA,
  },
  required: ['type', 'tool_name'],
  additionalProperties: false,
} as const;

/** OpenEnv's reset arguments, and the task, which is ours. Others are left alone, as its servers leave them. */
export const RESET = {
  title: 'ResetRequest',
  type: 'object',
  properties: {
    seed: { type: ['integer', 'null'], minimum: 0 },
    episode_id: { type: ['string', 'null'], maxLength: 255 },
    task: {
      type: ['string', 'integer', 'null'],
      minimum: 0,
      description: 'The id of a task, or its place in the dataset.',
    },
    session_id: { type: 'string', description: 'Over HTTP: of openenv/session/create.' },
  },
} as const;

export const STEP = {
  title: 'StepRequest',
  type: 'object',
  properties: {
    action: { type: 'object' },
    timeout_s: { type: ['number', 'null'], exclusiveMinimum: 0 },
    request_id: {
      type: ['string', 'null'],
      maxLength: 255,
      description: 'The same id again gives the same answer again, without another step.',
    },
    session_id: { type: 'string', description: 'Of openenv/session/create.' },
  },
  required: ['action'],
} as const;

export const JSON_RPC = {
  title: 'JsonRpcRequest',
  type: 'object',
  properties: {
    jsonrpc: { const: '2.0' },
    method: { type: 'string' },
    params: { type: 'object' },
    id: { type: ['string', 'integer', 'null'] },
  },
  required: ['jsonrpc', 'method'],
  additionalProperties: false,
} as const;

const OBSERVATION = {
  title: 'EnvironmentObservation',
  type: 'object',
  properties: {
    messages: {
      type: 'array',
      description: 'What the environment says: after a reset the conversation so far.',
      items: {
        type: 'object',
        properties: { role: { type: 'string' }, content: { type: 'string' } },
        required: ['role', 'content'],
      },
    },
    task: { type: 'string' },
    terminated: { type: 'boolean', description: 'The task reached its own end.' },
    truncated: { type: 'boolean', description: 'The episode was cut short.' },
    stop_reason: { type: ['string', 'null'] },
    info: { type: 'object', description: 'Details, and in the end the value of each reward.' },
    tools: { type: 'array', description: 'Functions for the chat template.' },
  },
  required: ['messages', 'task', 'terminated', 'truncated', 'stop_reason', 'info'],
} as const;

const STATE = {
  title: 'State',
  type: 'object',
  properties: {
    episode_id: { type: ['string', 'null'] },
    step_count: { type: 'integer', minimum: 0 },
    task: { type: ['string', 'null'] },
    ending: { enum: ['finished', 'failed', 'abandoned', null] },
  },
  required: ['step_count'],
} as const;

export const SCHEMAS = { action: MESSAGE_ACTION, observation: OBSERVATION, state: STATE } as const;

/** What `GET /openapi.json` says; its version is that of OpenEnv's HTTP API. */
export function openApi({ name, description = name }: Served): Readonly<Record<string, unknown>> {
  const operation = (summary: string, schema?: unknown) => ({
    summary,
    ...(schema !== undefined && {
      requestBody: { content: { 'application/json': { schema } } },
    }),
    responses: { 200: { description: 'OK', content: { 'application/json': {} } } },
  });
  return {
    openapi: '3.1.0',
    info: { title: name, description, version: '1.0.0' },
    paths: {
      '/reset': { post: operation('Begin an episode', RESET) },
      '/step': { post: operation('Take an action', STEP) },
      '/state': { get: operation('Where an episode stands') },
      '/schema': { get: operation('Schemas of action, observation and state') },
      '/metadata': { get: operation('Name and description') },
      '/health': { get: operation('Whether the server is well') },
      '/mcp': { post: operation('JSON-RPC: tools and sessions', JSON_RPC) },
    },
  };
}
