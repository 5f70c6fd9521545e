import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));
const packages = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(`${root}${parent}`)
    .filter((name) => existsSync(`${root}${parent}/${name}/src/index.ts`))
    .map((name) => ({ name, sources: `${root}${parent}/${name}/src` })),
);

// Tests run against the sources, so that no build stands between an edit and its test.
// Processes rather than threads: the native TensorFlow addon loads once per process.
export default defineConfig({
  resolve: {
    alias: packages.flatMap(({ name, sources }) => [
      { find: new RegExp(`^@grpo/${name}$`), replacement: `${sources}/index.ts` },
      { find: new RegExp(`^@grpo/${name}/testing$`), replacement: `${sources}/testing.ts` },
    ]),
  },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tooling/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
