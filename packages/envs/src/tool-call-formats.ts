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
    parse: (content) =>
      content
        .split('<tool_call>')
        .slice(1)
        .map((part) => {
          const end = part.indexOf('</tool_call>');
          if (end === -1) return { problem: 'a <tool_call> without </tool_call>' };
          return callOf(jsonOf(part.slice(0, end)), 'arguments');
        }),
  };
}

/**
 * The JSON format of Llama 3: the whole message is `{"name": …, "parameters": …}`, perhaps after
 * `<|python_tag|>`; several calls are parted by semicolons.
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
      const text = content
        .trim()
        .replace(/^<\|python_tag\|>/, '')
        .trim();
      if (!text.startsWith('{')) return [];
      const whole = jsonOf(text);
      if (whole !== undefined) return [callOf(whole, 'parameters')];
      return text.split(/;\s*(?=\{)/).map((part) => callOf(jsonOf(part), 'parameters'));
    },
  };
}

/**
 * The format of Mistral: `[TOOL_CALLS]` and a JSON list of `{"name": …, "arguments": …}`.
 *
 * https://docs.mistral.ai/capabilities/function_calling/
 */
export function mistralToolCalls(): ToolCallFormat {
  return {
    describe: (tools) =>
      `[AVAILABLE_TOOLS] [${tools.map(signature).join(', ')}] [/AVAILABLE_TOOLS]\n` +
      'To call tools, respond with [TOOL_CALLS] and a JSON list of {"name": …, "arguments": {…}}.',
    parse: (content) => {
      const start = content.indexOf('[TOOL_CALLS]');
      if (start === -1) return [];
      const calls = jsonOf(content.slice(start + '[TOOL_CALLS]'.length));
      if (Array.isArray(calls)) return calls.map((call) => callOf(call, 'arguments'));
      return [{ problem: 'something else than a JSON list after [TOOL_CALLS]' }];
    },
  };
}

function signature({ name, description, parameters }: Tool): string {
  return JSON.stringify({ type: 'function', function: { name, description, parameters } });
}

function signatures(tools: readonly Tool[]): string {
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
