import { signatures } from './tool-call-formats.js';
import type { Tool, ToolCall, ToolCallFormat } from './types.js';

/**
 * The format of Qwen3-Coder: `<function=NAME>`, a `<parameter=NAME>` for each argument, both closed,
 * within `<tool_call>…</tool_call>`, which may be left out.
 *
 * Values are plain text between line breaks. A value is read as JSON unless the tool's schema says
 * that it is a string; what is no JSON stays a text, for the schema to refuse.
 *
 * https://github.com/QwenLM/Qwen3-Coder
 */
export function qwenCoderToolCalls(): ToolCallFormat {
  return {
    describe: (tools) =>
      '# Tools\n\nYou have access to the following functions:\n\n<tools>\n' +
      `${signatures(tools)}\n</tools>\n\n` +
      'To call a function, reply in this format, once for each call:\n\n' +
      '<tool_call>\n<function=function_name>\n<parameter=parameter_name>\nvalue\n</parameter>\n' +
      '</function>\n</tool_call>',
    parse: (content, tools) => {
      const calls: ToolCall[] = [];
      let at = content.indexOf('<function=');
      if (at === -1 && content.includes('<tool_call>')) {
        return [{ problem: 'a <tool_call> without <function=NAME>' }];
      }
      while (at !== -1) {
        const { call, end } = functionAt(content, at, tools);
        calls.push(call);
        at = content.indexOf('<function=', end);
      }
      return calls;
    },
  };
}

const FUNCTION = /<function=([^<>\n]{1,200})>\s*/y;
const PARAMETER = /<parameter=([^<>\n]{1,200})>\r?\n?/y;
/** What may follow a value: anything else means that the closing tag was part of the value. */
const BEHIND_VALUE = /\s*(?:<parameter=|<\/function>|$)/y;
const END = /\s*<\/function>/y;

/** The call whose `<function=` stands at a place, and the place behind it. */
function functionAt(
  content: string,
  start: number,
  tools: readonly Tool[],
): { readonly call: ToolCall; readonly end: number } {
  const head = matchAt(FUNCTION, content, start);
  if (head === null) return { call: { problem: 'a <function= without a name' }, end: start + 1 };
  const name = head[1].trim();
  const parameters = tools.find((tool) => tool.name === name)?.parameters;
  const args: (readonly [string, unknown])[] = [];
  let at = start + head[0].length;
  for (let tag = matchAt(PARAMETER, content, at); tag !== null; ) {
    const key = tag[1].trim();
    const from = at + tag[0].length;
    const to = valueEnd(content, from);
    if (to === -1) {
      const problem = `a <parameter=${key}> without </parameter>`;
      return { call: { problem }, end: content.length };
    }
    const text = content.slice(from, to).replace(/\r?\n$/, '');
    args.push([key, isText(parameters, key) ? text : read(text)]);
    at = to + '</parameter>'.length;
    at += matchAt(/\s*/y, content, at)?.[0].length ?? 0;
    tag = matchAt(PARAMETER, content, at);
  }
  const end = matchAt(END, content, at);
  const names = args.map(([key]) => key);
  const twice = names.find((key, i) => names.indexOf(key) !== i);
  const problem =
    end === null
      ? `a <function=${name}> without </function>`
      : twice !== undefined
        ? `the parameter ${twice} twice in <function=${name}>`
        : undefined;
  return {
    call: problem === undefined ? { name, args: Object.fromEntries(args) } : { problem },
    end: at + (end?.[0].length ?? 0),
  };
}

function valueEnd(content: string, from: number): number {
  const close = '</parameter>';
  let at = content.indexOf(close, from);
  while (at !== -1 && matchAt(BEHIND_VALUE, content, at + close.length) === null) {
    at = content.indexOf(close, at + 1);
  }
  return at;
}

function matchAt(sticky: RegExp, content: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at;
  return sticky.exec(content);
}

function isText(parameters: Tool['parameters'] | undefined, key: string): boolean {
  const { properties = {} } = Object(parameters) as { properties?: Record<string, unknown> };
  const schema = Object.hasOwn(properties, key) ? properties[key] : undefined;
  return (Object(schema) as { type?: unknown }).type === 'string';
}

/** Models that know Python write its words. */
const PYTHON: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };

function read(text: string): unknown {
  const word = text.trim();
  if (Object.hasOwn(PYTHON, word)) return PYTHON[word];
  try {
    return JSON.parse(word);
  } catch {
    return text;
  }
}
