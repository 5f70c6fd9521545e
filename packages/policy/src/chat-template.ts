import type { Message } from '@grpo/rewards';
import { parse, Template, tokenize } from '@huggingface/jinja';
import type { ChatOptions } from './types.js';

/** What a template is filled with. */
export interface ChatTemplateInput extends ChatOptions {
  readonly messages: readonly Message[];
  /** End with the opening of the model's turn. */
  readonly addGenerationPrompt: boolean;
  /** Further variables, such as `bos_token`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** Lays a conversation out as text. */
export type ChatTemplate = (input: ChatTemplateInput) => string;

/**
 * A Jinja chat template at work, as `apply_chat_template(tokenize=False)` of transformers fills it.
 * Fields of a message beside role and content (`tool_calls`) reach the template as they are.
 *
 * Departure: a whole number is written without a fraction (`2`, where Python may keep `2.0`): JavaScript
 * has one kind of number.
 *
 * @param source the text of chat_template.jinja
 * @throws if the source is no Jinja; the returned function, if the template refuses the messages
 */
export function createChatTemplate(source: string): ChatTemplate {
  const template = compile(source);
  return ({ messages, tools, addGenerationPrompt, variables = {} }) => {
    const numbers = pythonNumbers(JSON.stringify([messages, tools]));
    try {
      const text = template.render({
        ...variables,
        messages: numbers.hide(messages),
        ...(tools ? { tools: numbers.hide(tools) } : {}),
        add_generation_prompt: addGenerationPrompt,
      });
      return numbers.show(text);
    } catch (error) {
      throw new Error(
        `chatTemplate: needs messages that the template accepts, got "${(error as Error).message}" from it. Change the messages or the template.`,
      );
    }
  };
}

function compile(source: string): Template {
  try {
    const template = new Template(source);
    emptyWhereUndefined(template.parsed);
    return template;
  } catch (error) {
    throw new Error(
      `createChatTemplate: needs a Jinja template, got ${(error as Error).message}. Correct chat_template.jinja or the entry in tokenizer_config.json.`,
    );
  }
}

/**
 * Lets `for call in message.tool_calls` pass over a message without calls, as in Python: Jinja iterates over an
 * undefined value as over an empty list, the JavaScript port throws. Each iterable is wrapped in `default([])`.
 */
function emptyWhereUndefined(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  for (const child of Object.values(node)) emptyWhereUndefined(child);
  if ((node as { type?: unknown }).type !== 'For') return;
  const loop = node as { iterable: { type: string; lhs?: unknown } };
  if (loop.iterable.type === 'SelectExpression') loop.iterable.lhs = orEmpty(loop.iterable.lhs);
  else loop.iterable = orEmpty(loop.iterable) as { type: string };
}

/** `operand | default([])` */
function orEmpty(operand: unknown): object {
  const [filter] = parse(tokenize('{{ operand | default([]) }}')).body;
  return Object.assign(filter as object, { operand });
}

/**
 * Numbers with a fraction as Python writes them (`1e-07`, where JavaScript writes `1e-7`). The template sees a
 * mark in their place, a string that stands nowhere else, and the mark is replaced in what it rendered.
 */
function pythonNumbers(taken: string) {
  let mark = '@number';
  while (taken.includes(mark)) mark += '@';
  const spelled: string[] = [];
  const hide = (value: unknown): unknown => {
    if (typeof value === 'number' && pythonNumber(value) !== String(value)) {
      spelled.push(pythonNumber(value));
      return `${mark}:${spelled.length - 1};`;
    }
    if (Array.isArray(value)) return value.map(hide);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hide(item)]));
  };
  const show = (text: string): string =>
    spelled.length === 0
      ? text
      : text.replace(new RegExp(`"?${mark}:(\\d+);"?`, 'g'), (_, i) => spelled[Number(i)] ?? '');
  return { hide, show };
}

/** `repr` of a number that is not whole: exponents below 1e-4, of two digits at least. */
function pythonNumber(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value) || Math.abs(value) >= 1e-4) {
    return String(value);
  }
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
}
