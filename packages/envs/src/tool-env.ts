import type { Message } from '@grpo/rewards';
import { problems, unknownKeyword } from './json-schema.js';
import { orderly } from './orderly.js';
import { hermesToolCalls } from './tool-call-formats.js';
import type {
  EnvFactory,
  Row,
  Task,
  Tool,
  ToolCall,
  ToolCallFormat,
  ToolFailureKind,
  ToolResult,
  ToolWorld,
} from './types.js';
import { checkCount, checkTimeLimit, TimeLimitError, withinTime } from './within-time.js';

/** Options of `toolEnv`. */
export interface ToolEnvOptions {
  /** The tools, or what makes those of one episode together with their state and its reward. */
  readonly tools:
    | readonly Tool[]
    | ((task: Task, options: { readonly seed: number }) => ToolWorld | Promise<ToolWorld>);
  /** How the model is told of the tools and writes its calls. Default `hermesToolCalls()`. */
  readonly format?: ToolCallFormat;
  /**
   * Who tells the model of its tools: the system message, in the words of the format, or the model's
   * chat template, for models that were trained with theirs. Default `system`.
   */
  readonly describedBy?: 'system' | 'template';
  /** The model may speak so often; then the episode is truncated. Default 10. */
  readonly maxTurns?: number;
  /** Calls of one episode; what comes after is refused. Default 64. */
  readonly maxCalls?: number;
  /** Time limit of one call, in ms. Default 30 000. */
  readonly timeoutMs?: number;
  /** Longer results are cut, in characters. Default 8000. */
  readonly maxResultLength?: number;
}

/** A call that failed before its tool was asked. */
class CallError extends Error {
  constructor(
    readonly kind: ToolFailureKind,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Environments in which the model calls tools until it answers without a call.
 *
 * The calls of one message run at the same time; their results come back as messages of the role
 * `tool`, in the order of the calls. Whatever goes wrong with a call is told to the model as its
 * result, starting with `Error:`, and counted: an unknown tool, arguments that do not fit, a tool
 * that throws or takes too long, too many calls. `info` counts `toolCalls` and `toolErrors` of the
 * episode so far. The `toolbox` calls the same tools, one by one and with the same limits.
 *
 * @throws RangeError if a limit is out of range, or a tool's name or schema cannot be used
 * @example
 * toolEnv({ tools: [{ name: 'now', description: 'The time.', parameters: {}, execute: clock }] });
 */
export function toolEnv({
  tools,
  format = hermesToolCalls(),
  describedBy = 'system',
  maxTurns = 10,
  maxCalls = 64,
  timeoutMs = 30_000,
  maxResultLength = 8000,
}: ToolEnvOptions): EnvFactory {
  checkCount('toolEnv', 'maxTurns', maxTurns);
  checkCount('toolEnv', 'maxCalls', maxCalls);
  checkCount('toolEnv', 'maxResultLength', maxResultLength);
  checkTimeLimit('toolEnv', 'timeoutMs', timeoutMs);
  if (typeof tools !== 'function') checkTools(tools);

  return (task) => {
    let world: ToolWorld = { tools: [] };
    let [turn, toolCalls, toolErrors] = [0, 0, 0];

    const callsOf = new Map<string, number>();

    function count({ name, maxCalls: own = maxCalls }: Tool): void {
      const calls = (callsOf.get(name) ?? 0) + 1;
      callsOf.set(name, calls);
      if (calls > own) throw tooMany(`${own} calls of ${name}`);
    }

    /** What the model reads about one call. */
    async function result(call: ToolCall, signal: AbortSignal | undefined): Promise<ToolResult> {
      try {
        if (++toolCalls > maxCalls) throw tooMany(`${maxCalls} calls`);
        const { tool, args } = named(call, world.tools);
        count(tool);
        const what = `tool ${tool.name}`;
        const limit = { what, timeoutMs: tool.timeoutMs ?? timeoutMs, signal };
        const run = async (inner: AbortSignal) =>
          tool.execute(await checkedArguments(tool, args), { signal: inner });
        return { text: cut(spelled(what, await withinTime(run, limit)), maxResultLength) };
      } catch (error) {
        signal?.throwIfAborted();
        toolErrors++;
        const message = error instanceof Error ? error.message : String(error);
        return { text: cut(`Error: ${message}`, maxResultLength), failure: kindOf(error) };
      }
    }

    async function judged(signal: AbortSignal | undefined): Promise<number> {
      const limit = { what: 'the reward of the world', timeoutMs, signal };
      return withinTime(() => world.reward?.() ?? 0, limit);
    }

    return orderly({
      async reset({ seed, signal }) {
        if (typeof tools === 'function') {
          const limit = { what: 'the world of the tools', timeoutMs, signal };
          world = await withinTime(() => tools(task, { seed }), limit);
          checkTools(world.tools);
        } else world = { tools };
        return describedBy === 'template'
          ? { messages: task.messages, tools: world.tools.map(schemaOf) }
          : { messages: withSystemText(task.messages, format.describe(world.tools)) };
      },
      async step({ content }, options) {
        turn++;
        const calls = format.parse(content, world.tools);
        const results = await Promise.all(calls.map((call) => result(call, options?.signal)));
        const terminated = calls.length === 0;
        const truncated = !terminated && turn >= maxTurns;
        return {
          messages: results.map(({ text }): Message => ({ role: 'tool', content: text })),
          reward: terminated || truncated ? await judged(options?.signal) : 0,
          terminated,
          truncated,
          ...(terminated && { stopReason: 'answered' }),
          ...(truncated && { stopReason: 'max_turns' }),
          info: { toolCalls, toolErrors },
        };
      },
      close: () =>
        withinTime(async () => world.close?.(), { what: 'closing the world', timeoutMs }),
      toolbox: {
        list: () => world.tools,
        call: (name, args, options) => result({ name, args }, options?.signal),
      },
    });
  };
}

function tooMany(calls: string): CallError {
  return new CallError('too_many_calls', `no more than ${calls} are allowed.`);
}

function kindOf(error: unknown): ToolFailureKind {
  if (error instanceof CallError) return error.kind;
  return error instanceof TimeLimitError ? 'timeout' : 'thrown';
}

/** A tool as chat templates know it. */
function schemaOf({ name, description, parameters }: Tool): Row {
  return { type: 'function', function: { name, description, parameters } };
}

/** The tool of a call, or an error that tells the model what to do. */
function named(call: ToolCall, tools: readonly Tool[]): { tool: Tool; args: unknown } {
  if ('problem' in call) throw unfit(call.problem);
  const tool = tools.find(({ name }) => name === call.name);
  if (tool !== undefined) return { tool, args: call.args };
  const names = tools.map(({ name }) => name).join(', ') || 'none';
  const message = `there is no tool ${call.name.slice(0, 80)}. The tools are: ${names}.`;
  throw new CallError('unknown_tool', message);
}

async function checkedArguments({ input, parameters }: Tool, args: unknown): Promise<Row> {
  if (input === undefined) {
    const isObject = problems({ type: 'object' }, args, 'arguments');
    refuse([...isObject, ...problems(parameters, args, 'arguments')]);
    return args as Row;
  }
  const result = await input['~standard'].validate(args);
  if (result.issues === undefined) return result.value as Row;
  refuse(
    result.issues.map(({ message, path = [] }) => {
      const keys = path.map((part) => (typeof part === 'object' ? part.key : part));
      return `${['arguments', ...keys.map(String)].join('.')}: ${message.replace(/\.$/, '')}`;
    }),
  );
  throw unfit('the arguments do not fit'); // issues, but an empty list
}

function refuse(wrong: readonly string[]): void {
  if (wrong.length > 0) throw unfit(wrong.slice(0, 5).join('; '));
}

function unfit(what: string): CallError {
  return new CallError('invalid_arguments', `${what}. Write the call again.`);
}

function spelled(what: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (['function', 'symbol'].includes(typeof value) || Number.isNaN(value)) {
    throw new TypeError(`${what}: needs to return a text or a value that JSON can hold.`);
  }
  return JSON.stringify(value) ?? 'null';
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  // Never between the two halves of one character.
  const kept = text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
  return `${kept}… (cut, ${text.length} characters)`;
}

/** The messages with a text at the end of their system message, which is made where there is none. */
function withSystemText(messages: readonly Message[], text: string): readonly Message[] {
  if (text === '') return messages;
  const [first, ...rest] = messages;
  if (first?.role !== 'system') return [{ role: 'system', content: text }, ...messages];
  return [{ role: 'system', content: `${first.content}\n\n${text}` }, ...rest];
}

function checkTools(tools: readonly Tool[]): void {
  const names = tools.map(({ name }) => name);
  const odd = names.find((name, i) => !/^[\w-]{1,64}$/.test(name) || names.indexOf(name) !== i);
  if (odd !== undefined) {
    throw new RangeError(
      `toolEnv: tools need different names of 1 to 64 letters, digits, _ and -, ` +
        `got ${names.join(', ')}. Rename "${odd}".`,
    );
  }
  for (const { name, parameters, input, timeoutMs, maxCalls } of tools) {
    if (timeoutMs !== undefined) checkTimeLimit('toolEnv', `timeoutMs of ${name}`, timeoutMs);
    if (maxCalls !== undefined) checkCount('toolEnv', `maxCalls of ${name}`, maxCalls);
    if (input !== undefined) continue; // it checks the arguments
    const keyword = unknownKeyword(parameters);
    if (keyword === undefined) continue;
    throw new RangeError(
      `toolEnv: the schema of tool ${name} needs keywords that can be checked, got "${keyword}". ` +
        'Write that part out, or check it in execute.',
    );
  }
}
