import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readJsonl, writeJsonl } from './jsonl.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-jsonl-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const file = (content: string | Uint8Array) => {
  const path = join(scratch, 'rows.jsonl');
  writeFileSync(path, content);
  return path;
};

test('a prompt becomes a message of the user, and all columns stay', () => {
  const { name, tasks } = readJsonl(file('{"prompt":"1+1","answer":"2","level":3}\n'));
  expect(name).toBe('rows.jsonl');
  expect(tasks).toEqual([
    {
      id: 'rows.jsonl:1',
      messages: [{ role: 'user', content: '1+1' }],
      row: { prompt: '1+1', answer: '2', level: 3 },
    },
  ]);
});

test('messages are taken as they are; blank lines, CRLF and a byte order mark do no harm', () => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hi' },
  ];
  const { tasks } = readJsonl(file(`\ufeff${JSON.stringify({ messages })}\r\n\r\n{"prompt":"x"}`));
  expect(tasks.map(({ id }) => id)).toEqual(['rows.jsonl:1', 'rows.jsonl:3']);
  expect(tasks[0].messages).toEqual(messages);
});

test.each<[string, string | Uint8Array, string]>([
  ['a line that is no JSON', '{"prompt":"x"}\n{oops\n', 'rows.jsonl:2'],
  ['a row that is no object', '[1]\n', 'needs a JSON object at'],
  ['a row without a prompt', '{"answer":"2"}\n', 'rows.jsonl:1, got columns answer'],
  ['a message without a role', '{"messages":[{"content":"x"}]}\n', '"messages" (a list of'],
  ['an empty file', '\n\n', 'needs at least one row, got none'],
  ['bytes that are no UTF-8', Uint8Array.of(0x7b, 0xff, 0xfe), 'needs UTF-8'],
])('%s is one error that says where', (_what, content, message) => {
  expect(() => readJsonl(file(content))).toThrow(message);
});

test('a missing file is named', () => {
  expect(() => readJsonl(join(scratch, 'nowhere.jsonl'))).toThrow(/nowhere\.jsonl.*Check the path/);
});

test('what is written is read back, and nothing else is left in the folder', async () => {
  const folder = join(scratch, 'deep', 'er');
  await writeJsonl(join(folder, 'out.jsonl'), [{ prompt: 'ä\n' }, { prompt: '2' }]);
  expect(readJsonl(join(folder, 'out.jsonl')).tasks.map(({ row }) => row.prompt)).toEqual([
    'ä\n',
    '2',
  ]);
  expect(readdirSync(folder)).toEqual(['out.jsonl']);
});
