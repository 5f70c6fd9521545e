import { type ResetResult, STOP_REASONS, type StepResult, type StopReason } from '@grpo/envs';
import type { Message } from '@grpo/rewards';

/** What an environment returned is not what an environment returns. */
export class InvalidResult extends Error {
  override readonly name = 'InvalidResult';
}

const ROLES: readonly unknown[] = ['system', 'user', 'assistant', 'tool'];

/**
 * @param value what `reset` returned
 * @param maxLength most characters in all its messages
 * @throws InvalidResult unless it has at least one message, and tools that are objects if any
 */
export function checkReset(value: unknown, maxLength: number): ResetResult {
  const { messages, tools } = fieldsOf('reset', value);
  const checked = messagesOf('reset', messages, maxLength);
  if (checked.length === 0) throw new InvalidResult('reset: needs at least one message, got none');
  if (tools === undefined) return { messages: checked };
  if (!Array.isArray(tools) || !tools.every(isObject)) {
    throw new InvalidResult(`reset: needs a list of definitions as tools, got ${shown(tools)}`);
  }
  return { messages: checked, tools };
}

/**
 * @param value what `step` returned
 * @param maxLength most characters in all its messages
 * @throws InvalidResult unless it has messages, a finite reward, booleans that say whether the episode is over, and a
 * stop reason of the list if any
 */
export function checkStep(value: unknown, maxLength: number): StepResult {
  const { messages, reward, terminated, truncated, stopReason } = fieldsOf('step', value);
  if (typeof reward !== 'number' || !Number.isFinite(reward)) {
    throw new InvalidResult(`step: needs a finite number as reward, got ${shown(reward)}`);
  }
  if (typeof terminated !== 'boolean' || typeof truncated !== 'boolean') {
    const got = `${shown(terminated)} and ${shown(truncated)}`;
    throw new InvalidResult(`step: needs true or false as terminated and truncated, got ${got}`);
  }
  const step = { messages: messagesOf('step', messages, maxLength), reward, terminated, truncated };
  if (stopReason === undefined) return step;
  if (!isStopReason(stopReason) || !(terminated || truncated)) {
    const needs = `a stop reason of ${STOP_REASONS.join(', ')}, where the episode ended`;
    throw new InvalidResult(`step: needs ${needs}, got ${shown(stopReason)}`);
  }
  return { ...step, stopReason };
}

function isStopReason(value: unknown): value is StopReason {
  return (STOP_REASONS as readonly unknown[]).includes(value);
}

function fieldsOf(call: string, value: unknown): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw new InvalidResult(`${call}: needs an object with messages, got ${shown(value)}`);
}

function messagesOf(call: string, messages: unknown, maxLength: number): readonly Message[] {
  if (!Array.isArray(messages)) {
    throw new InvalidResult(`${call}: needs a list of messages, got ${shown(messages)}`);
  }
  let length = 0;
  for (const message of messages) {
    if (
      !isObject(message) ||
      !ROLES.includes(message.role) ||
      typeof message.content !== 'string'
    ) {
      const needs = 'messages of { role, content } with the roles system, user, assistant and tool';
      throw new InvalidResult(`${call}: needs ${needs}, got ${shown(message)}`);
    }
    length += message.content.length;
  }
  if (length > maxLength) {
    const limit = `messages of at most ${maxLength} characters`;
    throw new InvalidResult(`${call}: needs ${limit}, got ${length}`);
  }
  return messages as readonly Message[];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The beginning of a value; what is huge is not written out first. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value))
    return `an object with ${Object.keys(value).slice(0, 8).join(', ').slice(0, 80) || 'no fields'}`;
  return typeof value === 'function' ? 'a function' : String(value);
}
