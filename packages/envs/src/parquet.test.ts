import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { readParquet } from './parquet.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'grpo-parquet-'));
afterAll(() => rmSync(scratch, { recursive: true }));
afterEach(() => {
  vi.doUnmock('hyparquet');
  vi.doUnmock('hyparquet-compressors');
  vi.resetModules();
});
const map = ({ question, ...rest }: Readonly<Record<string, unknown>>) => ({
  prompt: question,
  ...rest,
});

test.each(['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4'])(
  'rows of several groups, compressed by %s, are those that pyarrow wrote',
  async (codec) => {
    const { name, tasks } = await readParquet(fixture(`sums-${codec}.parquet`), { map });
    expect(name).toBe(`sums-${codec}.parquet`);
    expect(tasks.map(({ id }) => id)).toEqual([0, 1, 2].map((i) => `${name}[${i}]`));
    expect(tasks.map(({ row }) => row)).toEqual([
      { prompt: '37+48', answer: 85 },
      { prompt: '1+1 – ½', answer: 2 },
      { prompt: '9+9', answer: 18 },
    ]);
  },
);

test('nested messages are a prompt, and every value is one that JSON has', async () => {
  const { tasks, skipped } = await readParquet(fixture('chats.parquet'), { onBadRow: 'skip' });
  expect(tasks).toHaveLength(1);
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hi' },
  ];
  expect(tasks[0].messages).toEqual(messages);
  expect(tasks[0].row).toEqual({
    messages,
    big: '1152921504606846976',
    when: '1970-01-01T00:00:00.000Z',
    tags: ['a', 'b'],
    score: 0.5,
  });
  expect(skipped?.map(({ at }) => at)).toEqual(['chats.parquet[1]', 'chats.parquet[2]']);
});

test('a malformed row stops the reading with the place in the file', async () => {
  const path = fixture('chats.parquet');
  await expect(readParquet(path)).rejects.toThrow(
    `at ${path}[1], got the columns messages, big, when, tags, score. Add one of them`,
  );
});

test('what is no Parquet file, cut short or missing is an error that names it', async () => {
  const text = join(scratch, 'text.parquet');
  writeFileSync(text, 'question,answer\n1+1,2\n');
  await expect(readParquet(text)).rejects.toThrow(
    new RegExp(`^readParquet: needs a Parquet file, got ".+" for ${text}\\.`),
  );
  const bytes = readFileSync(fixture('sums-snappy.parquet'));
  bytes.fill(0xff, 30, 80);
  const broken = join(scratch, 'broken.parquet');
  writeFileSync(broken, bytes);
  await expect(readParquet(broken)).rejects.toThrow(
    /^readParquet: needs readable rows 0 to 1, got ".+" for /,
  );
  await expect(readParquet(join(scratch, 'none.parquet'))).rejects.toThrow(
    /^readParquet: needs a readable file, got "ENOENT/,
  );
});

test.each([
  ['hyparquet', 'sums-none.parquet'],
  ['hyparquet-compressors', 'sums-zstd.parquet'],
])('without the package %s the error says how to install it', async (name, file) => {
  vi.doMock(name, () => {
    throw new Error('Cannot find package');
  });
  await expect(readParquet(fixture(file), { map })).rejects.toThrow(
    new RegExp(
      `^readParquet: needs the package ${name}, got .* Install it: npm install ${name}\\.$`,
      's',
    ),
  );
});

test('Snappy needs no more than hyparquet', async () => {
  vi.doMock('hyparquet-compressors', () => {
    throw new Error('Cannot find package');
  });
  expect((await readParquet(fixture('sums-snappy.parquet'), { map })).tasks).toHaveLength(3);
});
