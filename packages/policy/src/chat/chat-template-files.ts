import type { ChatFormatOptions, ChatOptions } from '../types.js';
import { tokenizerConfig } from './tokenizer.js';

/** A chat template and where it stands, for messages. */
export interface ChatTemplateFile {
  readonly source: string;
  readonly file: string;
}

const FILE = 'chat_template.jinja';
const CONFIG = 'chat_template of tokenizer_config.json';
/** The folder of further templates, each in a file that bears its name. */
export const ADDITIONAL_TEMPLATES = 'additional_chat_templates/';

/**
 * The chat template that transformers takes from a model folder. A folder may hold several by name: in
 * additional_chat_templates/NAME.jinja, or as a list in tokenizer_config.json, which counts only where there is
 * no template file. The one named `tool_use` is for conversations with tools, `default` for all others.
 *
 * @param options.chatTemplate the name of one of them, or Jinja text in place of all of them
 * @throws if there is none, or none of that name
 */
export function chatTemplateOf(
  textFiles: ReadonlyMap<string, string>,
  { chatTemplate, tools }: ChatFormatOptions & ChatOptions = {},
): ChatTemplateFile {
  const templates = namedTemplates(textFiles);
  const names = [...templates.keys()];
  if (chatTemplate !== undefined) {
    const named = templates.get(chatTemplate);
    if (named !== undefined) return named;
    if (chatTemplate.includes('{')) return { source: chatTemplate, file: 'option chatTemplate' };
    throw new Error(
      `createChatFormat: needs Jinja text or the name of a chat template (${names.join(', ') || 'the folder has none'}), got "${chatTemplate}". Correct the option chatTemplate.`,
    );
  }
  const found = (tools && templates.get('tool_use')) ?? templates.get('default');
  if (found !== undefined) return found;
  throw new Error(
    names.length === 0
      ? `createChatFormat: needs a chat template, got none in ${FILE} or tokenizer_config.json. Add one to the model folder, or give it as the option chatTemplate.`
      : `createChatFormat: needs a default chat template, got ${names.join(', ')}. Name one of them as the option chatTemplate.`,
  );
}

function namedTemplates(textFiles: ReadonlyMap<string, string>): Map<string, ChatTemplateFile> {
  const templates = new Map<string, ChatTemplateFile>();
  for (const [file, source] of textFiles) {
    if (file === FILE) templates.set('default', { source, file });
    const name = /^([^/]+)\.jinja$/.exec(file.slice(ADDITIONAL_TEMPLATES.length))?.[1];
    if (file.startsWith(ADDITIONAL_TEMPLATES) && name) templates.set(name, { source, file });
  }
  if (templates.size > 0) return templates;
  const saved = tokenizerConfig(textFiles).chat_template ?? [];
  if (typeof saved === 'string') return templates.set('default', { source: saved, file: CONFIG });
  for (const entry of [saved].flat() as unknown[]) {
    const { name, template } = (entry ?? {}) as { name?: unknown; template?: unknown };
    if (typeof name !== 'string' || typeof template !== 'string') {
      throw new Error(
        `createChatFormat: needs text or a list of { name, template } as ${CONFIG}, got ${JSON.stringify(entry)}. Correct the file.`,
      );
    }
    templates.set(name, { source: template, file: `${CONFIG}, ${name}` });
  }
  return templates;
}
