import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

test('the program hands its arguments on, prints the report and sets the exit code', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grpo-check-'));
  const { argv, exitCode } = process;
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  try {
    const module = join(folder, 'reward.mjs');
    const episodes = join(folder, 'episodes.jsonl');
    await writeFile(module, "export const bad = { name: 'bad', fn: () => NaN };");
    await writeFile(episodes, '{"completion":"a"}');
    process.argv = ['node', 'check-bin.js', module, episodes];
    await import('./check-bin.js');
    expect(process.exitCode).toBe(1);
    expect(out.mock.calls.flat().join('')).toContain('1 invalid (100 %)');
  } finally {
    out.mockRestore();
    process.argv = argv;
    process.exitCode = exitCode;
    await rm(folder, { recursive: true });
  }
});
