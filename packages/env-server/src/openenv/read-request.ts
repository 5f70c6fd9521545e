import { type JsonSchema, schemaProblems } from '@grpo/envs';
import type { Action, ResetRequest } from '../types.js';
import { CALL_TOOL_ACTION, LIST_TOOLS_ACTION, MESSAGE_ACTION, RESET } from './schemas.js';

/** One thing that is wrong with what a client sent, as OpenEnv's servers say it. */
export interface Problem {
  readonly type: string;
  readonly loc: readonly string[];
  readonly msg: string;
}

/** What a client sent is not what the protocol says. */
export class ValidationError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(({ msg }) => msg).join('; '));
  }
}

/** @throws ValidationError where the value does not fit the schema */
export function checkShape(schema: JsonSchema, value: unknown, path: string): void {
  const wrong = schemaProblems(schema, value, path).slice(0, 5);
  if (wrong.length === 0) return;
  throw new ValidationError(wrong.map((msg) => ({ type: 'value_error', loc: [path], msg })));
}

/** @throws ValidationError */
export function readReset(data: unknown): ResetRequest {
  checkShape(RESET, data, 'data');
  const { seed, episode_id, task } = data as Readonly<Record<string, unknown>>;
  return {
    ...(typeof seed === 'number' && { seed }),
    ...(typeof episode_id === 'string' && { episodeId: episode_id }),
    ...((typeof task === 'string' || typeof task === 'number') && { task }),
  };
}

/** @throws ValidationError */
export function readAction(data: unknown): Action {
  checkShape({ type: 'object' }, data, 'action');
  const fields = data as Readonly<Record<string, unknown>>;
  if (fields.type === 'list_tools') {
    checkShape(LIST_TOOLS_ACTION, data, 'action');
    return { type: 'list_tools' };
  }
  if (fields.type === 'call_tool') {
    checkShape(CALL_TOOL_ACTION, data, 'action');
    return {
      type: 'call_tool',
      toolName: String(fields.tool_name),
      args: fields.arguments ?? {},
    };
  }
  checkShape(MESSAGE_ACTION, data, 'action');
  return { type: 'message', message: String(fields.message) };
}
