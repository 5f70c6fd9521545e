import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ADDITIONAL_TEMPLATES } from './chat-template-files.js';

const TEXT_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'generation_config.json',
  'special_tokens_map.json',
];
/** A file of the folder itself, or one of the further chat templates. */
const NAME = new RegExp(`^(?:${ADDITIONAL_TEMPLATES})?[^/\\\\.][^/\\\\]*$`);

/**
 * The tokenizer, chat template and generation files that a Hugging Face folder holds: what `createTokenizer` and
 * `createChatFormat` are made of.
 *
 * @returns their texts by name, that of a further chat template with its folder before it
 */
export function readTextFiles(folder: string): Map<string, string> {
  const templates = join(folder, ADDITIONAL_TEMPLATES);
  const further = existsSync(templates)
    ? readdirSync(templates).filter((name) => name.endsWith('.jinja'))
    : [];
  const names = [...TEXT_FILES, ...further.sort().map((name) => `${ADDITIONAL_TEMPLATES}${name}`)];
  const present = names.filter((name) => existsSync(join(folder, name)));
  return new Map(present.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/**
 * Writes them into a folder that is there.
 *
 * @throws if a name would lead out of the folder; nothing is written then
 */
export async function writeTextFiles(
  folder: string,
  textFiles: ReadonlyMap<string, string>,
): Promise<void> {
  const stray = [...textFiles.keys()].find((name) => !NAME.test(name));
  if (stray !== undefined) {
    throw new Error(
      `writeTextFiles: needs names of files in the model folder or in ${ADDITIONAL_TEMPLATES}, got "${stray}". Correct it.`,
    );
  }
  for (const [name, text] of textFiles) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text, { flush: true });
  }
}
