import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));
const packages = readdirSync(`${root}packages`).filter((name) =>
  existsSync(`${root}packages/${name}/package.json`),
);

// Tests run against the sources, so that no build stands between an edit and its test.
// Processes rather than threads: the native TensorFlow addon loads once per process.
export default defineConfig({
  resolve: {
    alias: packages.flatMap((name) => [
      { find: new RegExp(`^@grpo/${name}$`), replacement: `${root}packages/${name}/src/index.ts` },
      {
        find: new RegExp(`^@grpo/${name}/testing$`),
        replacement: `${root}packages/${name}/src/testing.ts`,
      },
    ]),
  },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tooling/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
