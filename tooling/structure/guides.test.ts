import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { expect, it, vi } from 'vitest';

const folder = fileURLToPath(new URL('../../docs/guides', import.meta.url));
const pages = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.md')) : [];
// A block that prints nothing has nothing to be held to.
const blocks = pages
  .flatMap((page) =>
    [...readFileSync(join(folder, page), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].map(
      ([, code = ''], i) => ({ name: `${page}, block ${i + 1}`, code }),
    ),
  )
  .filter(({ code }) => code.includes('console.log('));

it('there are guides with examples', () => {
  expect(blocks).not.toEqual([]);
});

it.each(blocks)('$name prints what it says', async ({ code }) => {
  const promised = [...code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, line]) => line);
  const place = mkdtempSync(join(tmpdir(), 'grpo-guide-'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    writeFileSync(join(place, 'example.ts'), code);
    await import(/* @vite-ignore */ pathToFileURL(join(place, 'example.ts')).href);
    expect(promised).not.toEqual([]);
    expect(log.mock.calls.map((values) => format(...values))).toEqual(promised);
  } finally {
    log.mockRestore();
    rmSync(place, { recursive: true });
  }
});
