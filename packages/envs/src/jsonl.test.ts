import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readJsonl, writeJsonl } from './jsonl.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-jsonl-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const path = join(scratch, 'rows.jsonl');
const file = (content: string | Uint8Array) => {
  writeFileSync(path, content);
  return path;
};

describe('readJsonl', () => {
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
      { role: 'user', content: 'Grüße 🌍' },
    ];
    const { tasks } = readJsonl(
      file(`\ufeff${JSON.stringify({ messages })}\r\n\r\n  \n{"prompt":"x"}`),
    );
    expect(tasks.map(({ id }) => id)).toEqual(['rows.jsonl:1', 'rows.jsonl:4']);
    expect(tasks[0].messages).toEqual(messages);
  });

  test('a line that is too long is malformed, and may be skipped with the place where it was', () => {
    const long = `{"prompt":"x"}\n{"prompt":"${'x'.repeat(100)}"}\n{"prompt":"y"}\n`;
    expect(() => readJsonl(file(long), { maxRowLength: 100 })).toThrow(
      `readJsonl: needs a line of at most 100 bytes at ${path}:2, got a longer one. Correct the line or raise maxRowLength.`,
    );
    const { tasks, skipped } = readJsonl(path, { maxRowLength: 100, onBadRow: 'skip' });
    expect(tasks.map(({ id }) => id)).toEqual(['rows.jsonl:1', 'rows.jsonl:3']);
    expect(skipped?.map(({ at }) => at)).toEqual(['rows.jsonl:2']);
    expect(readJsonl(path, { maxRowLength: 114 }).tasks).toHaveLength(3);
    expect(() => readJsonl(path, { maxRowLength: 0 })).toThrow('maxRowLength must be an integer');
  });

  const broken: readonly (readonly [
    what: string,
    content: string | Uint8Array,
    message: string,
  ])[] = [
    [
      'a line that is no JSON',
      '{"prompt":"x"}\n{oops\n',
      `readJsonl: needs one JSON object at ${path}:2, got {oops. Put one whole JSON object on each line.`,
    ],
    [
      'a row over several lines',
      '{\n"prompt":"x"}\n',
      `readJsonl: needs one JSON object at ${path}:1, got {. Put one whole JSON object on each line.`,
    ],
    [
      'a row that is no object',
      '\n[1]\n',
      `readJsonl: needs an object with columns at ${path}:2, got [1]. Correct the row.`,
    ],
    [
      'a row without a prompt',
      '{"answer":"2"}\n',
      `readJsonl: needs "prompt" (a text) or "messages" (a list of { role, content }) at ${path}:1, got the columns answer. Add one of them to that row.`,
    ],
    [
      'a message without a role',
      '{"messages":[{"role":"user","content":"a"},{"content":"x"}]}\n',
      `readJsonl: needs a text or a list of { role, content } in the column "messages" at ${path}:1, got {"content":"x"}. Correct the row; the roles are system, user, assistant, tool, and a content is a text.`,
    ],
    [
      'an empty file',
      '\n\n',
      `readJsonl: needs at least one row, got none in ${path}. A row is an object with "prompt" or "messages".`,
    ],
    [
      'a line that is not UTF-8',
      Buffer.concat([Buffer.from('{"prompt":"x"}\n'), Uint8Array.of(0x22, 0xff, 0x22)]),
      `readJsonl: needs UTF-8 text at ${path}:2, got other bytes. Save the file as UTF-8.`,
    ],
  ];
  test.each(broken)('%s is one error that says where and what to do', (_, content, message) => {
    expect(() => readJsonl(file(content))).toThrow(new Error(message));
  });

  test('a missing file and a folder are named', () => {
    expect(() => readJsonl(join(scratch, 'nowhere.jsonl'))).toThrow(
      /^readJsonl: needs a readable file, got ENOENT.*nowhere\.jsonl'\. Check the path\.$/,
    );
    expect(() => readJsonl(scratch)).toThrow(/^readJsonl: needs a readable file, got EISDIR/);
  });

  test('malformed rows can be skipped and are listed', () => {
    const content = '{"prompt":"a"}\n{oops\n{"prompt":3}\n{"prompt":"b"}\n';
    const { tasks, skipped } = readJsonl(file(content), { onBadRow: 'skip' });
    expect(tasks.map(({ id }) => id)).toEqual(['rows.jsonl:1', 'rows.jsonl:4']);
    expect(skipped).toEqual([
      { at: 'rows.jsonl:2', reason: 'needs one JSON object, got {oops' },
      {
        at: 'rows.jsonl:3',
        reason: 'needs a text or a list of { role, content } in the column "prompt", got 3',
      },
    ]);
  });
});

describe('writeJsonl', () => {
  test('what is written is read back, and nothing else is left in the folder', async () => {
    const folder = join(scratch, 'deep', 'er');
    const rows = [{ prompt: 'ä\n\u2028"' }, { prompt: '2', answer: 2, tags: ['x', null] }];
    await writeJsonl(join(folder, 'out.jsonl'), rows);
    expect(readJsonl(join(folder, 'out.jsonl')).tasks.map(({ row }) => row)).toEqual(rows);
    expect(readdirSync(folder)).toEqual(['out.jsonl']);
  });

  test('a row that cannot be written leaves the old file as it was and nothing beside it', async () => {
    const folder = join(scratch, 'kept');
    const out = join(folder, 'out.jsonl');
    await writeJsonl(out, [{ prompt: 'old' }]);
    await expect(writeJsonl(out, [{ prompt: 'new' }, { prompt: 1n }])).rejects.toThrow(
      /^writeJsonl: needs rows that JSON can hold, got ".*BigInt.*" for row 1\. Turn that value/,
    );
    expect(readFileSync(out, 'utf8')).toBe('{"prompt":"old"}\n');
    expect(readdirSync(folder)).toEqual(['out.jsonl']);
  });

  test('a place that cannot be written leaves nothing beside it', async () => {
    const folder = join(scratch, 'taken');
    await writeJsonl(join(folder, 'a', 'b.jsonl'), []);
    await expect(writeJsonl(join(folder, 'a'), [{ prompt: 'x' }])).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['a']);
  });
});
