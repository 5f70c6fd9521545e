/** A small made-up repository that follows every rule, for tests to break in one place. */
import type { Levels } from './levels.js';
import { describeRepo, type Repo } from './repo.js';

const engines = { node: '>=20' };

export function manifest(id: string, fields: object = {}): string {
  return JSON.stringify({
    name: `@grpo/${id}`,
    version: '1.0.0',
    description: `The ${id} package`,
    license: 'Apache-2.0',
    type: 'module',
    sideEffects: false,
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './package.json': './package.json',
    },
    files: ['dist', 'src', '!src/**/*.test.ts'],
    scripts: { build: 'tsc -p tsconfig.build.json', typecheck: 'tsc -p tsconfig.json --noEmit' },
    dependencies: {},
    engines,
    publishConfig: { access: 'public' },
    ...fields,
  });
}

export function readme(id: string): string {
  return `# @grpo/${id}

One sentence.

## Install

\`npm install @grpo/${id}\`

## Example

\`\`\`ts
console.log(1); // 1
\`\`\`

## Exports

## What it is not

## Papers
`;
}

function packageFiles(id: string, imports: readonly string[], source: string) {
  const folder = `packages/${id}`;
  const dependencies = Object.fromEntries(imports.map((one) => [`@grpo/${one}`, 'workspace:^']));
  return {
    [`${folder}/package.json`]: manifest(id, { dependencies }),
    [`${folder}/README.md`]: readme(id),
    [`${folder}/tsconfig.json`]: JSON.stringify({
      extends: '../../tooling/tsconfig/base.json',
      include: ['src'],
    }),
    [`${folder}/tsconfig.build.json`]: JSON.stringify({
      extends: './tsconfig.json',
      compilerOptions: { rootDir: 'src', outDir: 'dist' },
      exclude: ['src/**/*.test.ts'],
    }),
    [`${folder}/src/index.ts`]: `export { ${id} } from './${id}.js';`,
    [`${folder}/src/types.ts`]: 'export type Value = number;',
    [`${folder}/src/${id}.ts`]: source,
    [`${folder}/src/${id}.test.ts`]: `import { ${id} } from './${id}.js';`,
  };
}

/** `rewards` at the bottom; `envs` takes its types; `trainer` imports both. */
export const levels: Levels = {
  rewards: { level: 0, imports: [], types: [], isMaths: true },
  envs: { level: 1, imports: [], types: ['rewards'] },
  trainer: { level: 2, imports: ['envs', 'rewards'], types: [] },
};

const files: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ license: 'Apache-2.0', engines }),
  'README.md': 'See [the docs](docs/README.md#start) and [the site](https://example.com/a).',
  'docs/README.md': 'Back [up](../README.md), over [there](../packages/envs/).',
  ...packageFiles('rewards', [], 'export const rewards = 1;'),
  ...packageFiles(
    'envs',
    ['rewards'],
    "import type { rewards } from '@grpo/rewards';\nexport const envs: typeof rewards = 1;",
  ),
  ...packageFiles(
    'trainer',
    ['envs', 'rewards'],
    "import { envs } from '@grpo/envs';\nimport { rewards } from '@grpo/rewards';\nexport const trainer = envs + rewards;",
  ),
  'apps/demo/package.json': JSON.stringify({
    name: '@grpo/demo',
    version: '0.0.0',
    private: true,
    dependencies: { '@grpo/trainer': 'workspace:^' },
  }),
  'apps/demo/src/main.ts': "import { trainer } from '@grpo/trainer';\nexport const main = trainer;",
};

/** The repository with some files replaced, added, or (`null`) taken away, and rows of the table changed. */
export function repoWith(
  changes: Readonly<Record<string, string | null>> = {},
  rows: Levels = {},
): Repo {
  const changed = Object.entries({ ...files, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  return describeRepo(new Map(changed), { ...levels, ...rows });
}
