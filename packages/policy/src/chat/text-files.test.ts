import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readTextFiles, writeTextFiles } from './text-files.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-text-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what is written is what is read, further chat templates included', async () => {
  const files = new Map([
    ['tokenizer.json', '{"model": "Grüße 🎉"}'],
    ['chat_template.jinja', '{{ messages }}'],
    ['additional_chat_templates/rag.jinja', 'R'],
    ['additional_chat_templates/tool_use.jinja', 'T'],
  ]);
  await writeTextFiles(folder, files);
  expect([...readTextFiles(folder)]).toEqual([...files]);
});

test('other files are left alone', () => {
  mkdirSync(join(folder, 'additional_chat_templates'));
  writeFileSync(join(folder, 'additional_chat_templates/notes.md'), '');
  writeFileSync(join(folder, 'README.md'), '');
  writeFileSync(join(folder, 'tokenizer.json'), '{}');
  expect([...readTextFiles(folder).keys()]).toEqual(['tokenizer.json']);
});

test.each(['../up', '/etc/x', 'a/b', 'additional_chat_templates/../../up', 'c:\\x\\y', '..', ''])(
  'the name "%s" leads out of the folder, and nothing is written',
  async (name) => {
    const files = new Map([['tokenizer.json', '{}']]).set(name, 'x');
    await expect(writeTextFiles(folder, files)).rejects.toThrow(`got "${name}"`);
    expect(readdirSync(folder)).toEqual([]);
  },
);
