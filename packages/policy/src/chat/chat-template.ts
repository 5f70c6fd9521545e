import type { Message } from '@grpo/rewards';
import { parse, Template, tokenize } from '@huggingface/jinja';
import type { ChatOptions } from '../types.js';
import { generationBlocks, type TextSpan } from './generation-blocks.js';
import { pythonNumbers } from './python-numbers.js';

/** What a template is filled with. */
export interface ChatTemplateInput extends ChatOptions {
  readonly messages: readonly Message[];
  /** End with the opening of the model's turn. */
  readonly addGenerationPrompt: boolean;
}

/** Lays a conversation out as text. */
export interface ChatTemplate {
  (input: ChatTemplateInput): string;
  /** The same text, and where the template's `{% generation %}` blocks stand in it: the model's own words. */
  readonly withSpans: (input: ChatTemplateInput) => {
    readonly text: string;
    readonly spans: readonly TextSpan[];
  };
  /** Whether the template has such blocks. */
  readonly hasGenerationBlocks: boolean;
}

/**
 * A Jinja chat template at work, as `apply_chat_template(tokenize=False)` of transformers fills it.
 * Fields of a message beside role and content (`tool_calls`) reach the template as they are.
 *
 * Numbers are written as Python does. JavaScript does not tell 2.0 from 2 and writes `2`: read messages with
 * `parseChatJson` where the difference counts.
 *
 * @param source the text of chat_template.jinja
 * @param file names the source in errors
 * @throws if the source is no Jinja; the returned function, if the template refuses the messages
 */
export function createChatTemplate(source: string, file = 'chat_template.jinja'): ChatTemplate {
  const blocks = generationBlocks(source);
  const template = compile(blocks.source, file);
  const render = (
    { messages, tools, addGenerationPrompt, variables = {} }: ChatTemplateInput,
    marks: Readonly<Record<string, string>>,
  ) => {
    const numbers = pythonNumbers(JSON.stringify([messages, tools]));
    try {
      const text = template.render({
        ...variables,
        ...marks,
        messages: numbers.hide(messages),
        ...(tools ? { tools: numbers.hide(tools) } : {}),
        add_generation_prompt: addGenerationPrompt,
      });
      return numbers.show(text);
    } catch (error) {
      throw new Error(
        `chatTemplate: needs messages that the template accepts, got "${(error as Error).message}" from ${file}. Change the messages or the template.`,
      );
    }
  };
  return Object.assign((input: ChatTemplateInput) => render(input, blocks.plain), {
    hasGenerationBlocks: blocks.hasBlocks,
    withSpans: (input: ChatTemplateInput) => {
      const { variables, spans } = blocks.marks(JSON.stringify(input));
      return spans(render(input, variables));
    },
  });
}

function compile(source: string, file: string): Template {
  try {
    const template = new Template(source);
    emptyWhereUndefined(template.parsed);
    return template;
  } catch (error) {
    throw new Error(
      `createChatTemplate: needs a Jinja template, got ${(error as Error).message} in ${file}. Correct it.`,
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
