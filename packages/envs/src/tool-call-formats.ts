import { jsonEnd } from './json-end.js';
import type { Tool, ToolCall, ToolCallFormat } from './types.js';

/**
 * The format of Hermes and Qwen: `<tool_call>{"name": …, "arguments": …}</tool_call>`, as often as
 * needed, among other text.
 *
 * https://github.com/NousResearch/Hermes-Function-Calling
 */
export function hermesToolCalls(): ToolCallFormat {
  return {
    describe: (tools) =>
      '# Tools\n\nYou may call one or more functions to assist with the user query.\n\n' +
      'You are provided with function signatures within <tools></tools> XML tags:\n<tools>\n' +
      `${signatures(tools)}\n</tools>\n\n` +
      'For each function call, return a json object with function name and arguments within ' +
      '<tool_call></tool_call> XML tags:\n<tool_call>\n' +
      '{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>',
    parse: (content) => {
      const calls: ToolCall[] = [];
      for (let at = content.indexOf('<tool_call>'); at !== -1; ) {
        const start = behindSpace(content, at + '<tool_call>'.length);
        const end = jsonEnd(content, start);
        if (end !== undefined && content.startsWith('</tool_call>', behindSpace(content, end))) {
          calls.push(callOf(jsonOf(content.slice(start, end)), 'arguments'));
          at = content.indexOf('<tool_call>', end);
          continue;
        }
        const next = content.indexOf('<tool_call>', start);
        const part = content.slice(start, next === -1 ? undefined : next);
        calls.push(
          part.includes('</tool_call>')
            ? callOf(undefined, 'arguments')
            : { problem: 'a <tool_call> without </tool_call>' },
        );
        at = next;
      }
      return calls;
    },
  };
}

/**
 * The JSON format of Llama 3: the whole message is `{"name": …, "parameters": …}`, or what stands
 * behind `<|python_tag|>`; several calls are parted by semicolons.
 *
 * https://www.llama.com/docs/model-cards-and-prompt-formats/llama3_1/
 */
export function llamaToolCalls(): ToolCallFormat {
  return {
    describe: (tools) =>
      'You have access to the following functions. To call a function, respond with JSON alone, ' +
      'in the format {"name": function name, "parameters": dictionary of argument name and its ' +
      `value}. Do not use variables.\n\n${signatures(tools)}`,
    parse: (content) => {
      const tag = content.indexOf('<|python_tag|>');
      const text = (tag === -1 ? content : content.slice(tag + '<|python_tag|>'.length)).trim();
      if (!text.startsWith('{')) {
        return tag === -1 ? [] : [{ problem: 'something else than JSON behind <|python_tag|>' }];
      }
      const calls: ToolCall[] = [];
      for (let start = 0; text[start] === '{'; ) {
        const end = jsonEnd(text, start);
        if (end === undefined) return [...calls, callOf(undefined, 'parameters')];
        calls.push(callOf(jsonOf(text.slice(start, end)), 'parameters'));
        const next = behindSpace(text, end);
        start = text[next] === ';' ? behindSpace(text, next + 1) : next;
      }
      return calls;
    },
  };
}

/**
 * The formats of Mistral: `[TOOL_CALLS]` and a JSON list of `{"name": …, "arguments": …}`, or since
 * 2025 `[TOOL_CALLS]name[ARGS]{…}` for each call.
 *
 * https://docs.mistral.ai/capabilities/function_calling/
 */
export function mistralToolCalls(): ToolCallFormat {
  return {
    describe: (tools) =>
      `[AVAILABLE_TOOLS] [${tools.map(signature).join(', ')}] [/AVAILABLE_TOOLS]\n` +
      'To call tools, respond with [TOOL_CALLS] and a JSON list of {"name": …, "arguments": {…}}.',
    parse: (content) => {
      const calls: ToolCall[] = [];
      for (let at = content.indexOf('[TOOL_CALLS]'); at !== -1; ) {
        const start = behindSpace(content, at + '[TOOL_CALLS]'.length);
        const [head = '', name] =
          /^([\w-]+)(?:\[CALL_ID\]\w+)?\[ARGS\]\s*/.exec(
            content.slice(start, start + LONGEST_HEAD),
          ) ?? [];
        const end = jsonEnd(content, start + head.length);
        const value =
          end === undefined ? undefined : jsonOf(content.slice(start + head.length, end));
        if (name !== undefined && value !== undefined) calls.push({ name, args: value });
        else if (name !== undefined) calls.push(callOf(undefined, 'arguments'));
        else if (Array.isArray(value)) calls.push(...value.map((one) => callOf(one, 'arguments')));
        else calls.push({ problem: 'something else than a JSON list after [TOOL_CALLS]' });
        // What does not end takes the rest of the message with it.
        const isCut = end === undefined && /[[{]/.test(content.charAt(start + head.length));
        at = isCut ? -1 : content.indexOf('[TOOL_CALLS]', end ?? start);
      }
      return calls;
    },
  };
}

/** A name, a call's id and the marks between them, in characters. */
const LONGEST_HEAD = 256;

function behindSpace(text: string, start: number): number {
  let at = start;
  while (/\s/.test(text.charAt(at))) at++;
  return at;
}

function signature({ name, description, parameters }: Tool): string {
  return JSON.stringify({ type: 'function', function: { name, description, parameters } });
}

/** The tools as lines of JSON, as most models know them. */
export function signatures(tools: readonly Tool[]): string {
  return tools.map(signature).join('\n');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Some models write the arguments as a text that is JSON itself. */
function callOf(call: unknown, key: 'arguments' | 'parameters'): ToolCall {
  if (typeof call === 'object' && call !== null) {
    const { name, [key]: args = {} } = call as Readonly<Record<string, unknown>>;
    if (typeof name === 'string') {
      return { name, args: typeof args === 'string' ? jsonOf(args) : args };
    }
  }
  return { problem: `a call that is not JSON of the form {"name": "…", "${key}": {…}}` };
}
