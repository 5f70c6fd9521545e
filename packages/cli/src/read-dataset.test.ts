import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readDataset } from './read-dataset.js';

it('the ending of a name says how a file is read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-data-'));
  try {
    const files = {
      'a.jsonl': '{"prompt":"1+1"}\n',
      'b.json': '[{"prompt":"1+1"}]',
      'c.CSV': 'prompt\n1+1\n',
    };
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text);
      const { tasks } = await readDataset(join(folder, name));
      expect(tasks.map(({ messages }) => messages[0]?.content)).toEqual(['1+1']);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('another ending is refused', async () => {
  await expect(readDataset('data.txt')).rejects.toThrow('ends with .jsonl, .json, .csv, .parquet');
});
