import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format, inspect } from 'node:util';
import { expect, it, vi } from 'vitest';
import { levels } from './levels.js';
import { describeRepo, readFiles } from './repo.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { packages, files } = describeRepo(readFiles(root), levels);

/** The lines that `console.log(…); // line` promises, and those that a run of the example prints. */
async function outputs(example: string) {
  const promised = [...example.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(
    ([, line = '']) => line,
  );
  const folder = mkdtempSync(join(tmpdir(), 'grpo-readme-'));
  const file = join(folder, 'example.ts');
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    writeFileSync(file, example);
    await import(/* @vite-ignore */ pathToFileURL(file).href);
    // A string may stand with quotes, as Node's prompt shows it, or without, as console.log does.
    const printed = log.mock.calls.map((values, i) => {
      const quoted = values.map((value) => inspect(value)).join(' ');
      return quoted === promised[i] ? quoted : format(...values);
    });
    return { promised, printed };
  } finally {
    log.mockRestore();
    rmSync(folder, { recursive: true });
  }
}

it('an example that prints something else than its comments say is noticed', async () => {
  const { promised, printed } = await outputs(
    "console.log(1 + 1); // 3\nconsole.log('a'); // 'a'\nconsole.log('b'); // b",
  );
  expect(promised).toEqual(['3', "'a'", 'b']);
  expect(printed).toEqual(['2', "'a'", 'b']);
});

// A package whose example needs something set up (a model folder, say) runs it in a test of its own.
const plain = packages.filter(({ folder }) => !files.has(`${folder}/src/readme.test.ts`));

it.each(plain.map(({ id, folder }) => ({ id, folder })))(
  'the example of the README of $id prints what its comments say',
  async ({ folder }) => {
    const readme = files.get(`${folder}/README.md`) ?? '';
    const { promised, printed } = await outputs(/^```ts\n(.*?)^```/ms.exec(readme)?.[1] ?? '');
    expect(promised, 'lines of the form `console.log(x); // what it prints`').not.toEqual([]);
    expect(printed).toEqual(promised);
  },
);
