import { describe, expect, it } from 'vitest';
import { type Check, checks, type Rule } from './checks/index.js';
import { sourcesHaveTests } from './checks/shape.js';
import type { Repo } from './repo.js';
import { manifest, readme, repoWith } from './sound-repo.js';

const REWARDS = 'packages/rewards';
const exports = {
  '.': { types: './dist/index.d.ts', default: './dist/index.js' },
  './testing': { types: './dist/testing.d.ts', default: './dist/testing.js' },
  './package.json': './package.json',
};

function withReadme(change: (text: string) => string): Repo {
  return repoWith({ [`${REWARDS}/README.md`]: change(readme('rewards')) });
}

function withSource(path: string, text: string): Repo {
  return repoWith({ [path]: text, [path.replace(/\.ts$/, '.test.ts')]: '' });
}

/** For each rule, repositories that break it, and a part of the sentence that says so. */
const broken: Record<Rule, readonly (readonly [repo: Repo, sentence: string])[]> = {
  'every package has a row in the table of levels': [
    [repoWith({ 'packages/new/package.json': manifest('new') }), 'packages/new has no row'],
    [repoWith({}, { gone: { level: 0, imports: [], types: [] } }), 'there is no packages/gone'],
    [repoWith({}, { envs: { level: 1, imports: ['trainer'], types: [] } }), 'not on a lower level'],
  ],
  'imports go to lower levels, as the table allows': [
    [withSource(`${REWARDS}/src/a.ts`, "import { envs } from '@grpo/envs';"), 'a.ts:1'],
    [withSource(`${REWARDS}/src/a.ts`, "import type { E } from '@grpo/envs';"), 'not on a lower'],
    [repoWith({ [`${REWARDS}/src/rewards.test.ts`]: "import '@grpo/trainer';" }), 'not on a lower'],
    [
      withSource('packages/envs/src/a.ts', "import { rewards } from '@grpo/rewards';"),
      'as a value',
    ],
    [withSource('packages/envs/src/a.ts', "export * from '@grpo/envs';"), 'its own package'],
    [
      repoWith({}, { trainer: { level: 2, imports: ['envs'], types: [] } }),
      'levels.ts does not let trainer',
    ],
  ],
  'a package declares exactly the packages of ours that it imports': [
    [
      repoWith({ 'packages/envs/package.json': manifest('envs') }),
      'packages/envs imports @grpo/rewards; add it to its dependencies',
    ],
    [
      repoWith({ 'packages/envs/src/envs.ts': 'export const envs = 1;' }),
      'packages/envs lists @grpo/rewards in its dependencies',
    ],
    [
      repoWith({ 'packages/trainer/src/trainer.test.ts': "import '@grpo/other';" }),
      'packages/trainer imports @grpo/other; add it to its devDependencies',
    ],
    [repoWith({ 'apps/demo/src/main.ts': '' }), 'apps/demo lists @grpo/trainer'],
  ],
  'a package declares the libraries that it imports': [
    [withSource(`${REWARDS}/src/a.ts`, "import { z } from '@scope/z/sub';"), 'imports @scope/z;'],
  ],
  'packages do not depend on each other in a cycle': [
    [
      repoWith({
        [`${REWARDS}/package.json`]: manifest('rewards', {
          devDependencies: { '@grpo/trainer': 'workspace:^' },
        }),
      }),
      'rewards -> trainer -> envs -> rewards',
    ],
  ],
  'files of a package do not import each other in a cycle': [
    [
      repoWith({
        [`${REWARDS}/src/a.ts`]: "import { b } from './b.js';",
        [`${REWARDS}/src/b.ts`]: "import type { A } from './a.js';",
      }),
      `${REWARDS}/src/a.ts -> ${REWARDS}/src/b.ts -> ${REWARDS}/src/a.ts`,
    ],
  ],
  'only @grpo/tensor imports TensorFlow.js': [
    [withSource(`${REWARDS}/src/a.ts`, "const tf = await import('@tensorflow/tfjs');"), 'a.ts:1'],
    [repoWith({ 'apps/demo/src/main.ts': "import '@tensorflow/tfjs-node';" }), 'main.ts:1'],
  ],
  'every package has the same files': [
    [repoWith({ [`${REWARDS}/src/types.ts`]: null }), 'has no src/types.ts'],
    [repoWith({ [`${REWARDS}/README.md`]: null }), 'has no README.md'],
  ],
  'every package.json has the same fields and scripts': [
    [repoWith({ [`${REWARDS}/package.json`]: manifest('other') }), '"name": "@grpo/rewards"'],
    [
      repoWith({ 'packages/trainer/package.json': manifest('trainer', { version: '2.0.0' }) }),
      '"version"',
    ],
    [
      repoWith({ [`${REWARDS}/package.json`]: manifest('rewards', { scripts: { build: 'x' } }) }),
      '"scripts"',
    ],
    [
      repoWith({ [`${REWARDS}/package.json`]: manifest('rewards', { description: '' }) }),
      'needs a description',
    ],
    [repoWith({ [`${REWARDS}/package.json`]: manifest('rewards', { exports }) }), '"exports"'],
    [repoWith({ [`${REWARDS}/src/testing.ts`]: '' }), './testing'],
    [
      repoWith({
        'packages/envs/package.json': manifest('envs', {
          dependencies: { '@grpo/rewards': '^1.0.0' },
        }),
      }),
      '"workspace:^", got "^1.0.0"',
    ],
  ],
  'every package has the same compiler settings': [
    [repoWith({ [`${REWARDS}/tsconfig.json`]: '{}' }), 'tsconfig.json needs to be'],
    [repoWith({ [`${REWARDS}/tsconfig.build.json`]: '{}' }), 'tsconfig.build.json needs to be'],
  ],
  'every README follows the skeleton': [
    [withReadme((text) => text.replace('# @grpo/rewards', '# Rewards')), 'needs the title'],
    [withReadme((text) => text.replace('One sentence.', 'One. Two.')), 'exactly one sentence'],
    [withReadme((text) => text.replace('One sentence.', 'One.\n\nTwo.')), 'exactly one sentence'],
    [withReadme((text) => text.replace('One sentence.', '')), 'exactly one sentence'],
    [withReadme((text) => text.replace('## Papers', '')), 'got Install, Example, Exports'],
    [withReadme((text) => text.replace('install @grpo/rewards', 'install it')), 'under Install'],
    [withReadme((text) => text.replace('```ts', '```sh')), 'needs a ```ts block'],
    [
      withReadme((text) => text.replace('console.log(1);', 'console.log(1);\n'.repeat(16))),
      'at most 15 lines, got 17',
    ],
    [withReadme((text) => `${text}${'more\n'.repeat(80)}`), 'at most 80 lines'],
  ],
  'every source has a test beside it': [
    [repoWith({ [`${REWARDS}/src/deep/a.ts`]: '' }), 'no src/deep/a.test.ts beside it'],
    [repoWith({ [`${REWARDS}/src/rewards.test.ts`]: null }), 'no src/rewards.test.ts'],
  ],
  'maths packages use neither clocks nor unseeded chance': [
    [withSource(`${REWARDS}/src/a.ts`, 'export const a = () =>\n  Math.random();'), 'a.ts:2'],
    [withSource(`${REWARDS}/src/a.ts`, 'export const a = Date.now();'), 'Date.now'],
    [withSource(`${REWARDS}/src/a.ts`, 'export const a = new Date();'), 'new Date()'],
  ],
  'source files have at most 400 lines': [
    [repoWith({ 'tooling/long.mjs': 'run();\n'.repeat(401) }), 'tooling/long.mjs has 401 lines'],
    [repoWith({ [`${REWARDS}/src/rewards.test.ts`]: `${'\n'.repeat(500)}run();` }), 'has 501'],
  ],
  'links between Markdown files lead somewhere': [
    [repoWith({ 'docs/a.md': 'See [b](b.md#part).' }), 'docs/a.md links to b.md'],
    [repoWith({ 'docs/a.md': 'See [b](../packages/none/).' }), 'links to ../packages/none/'],
  ],
};

/** The rules on which the made-up repository says anything; `suites` belongs to the real one. */
const rules: Readonly<Record<string, Check>> = {
  ...checks,
  'every source has a test beside it': (repo) => sourcesHaveTests(repo, []),
};

describe.each(Object.entries(rules))('%s', (rule, check) => {
  it('finds nothing in a sound repository', () => {
    expect(check(repoWith())).toEqual([]);
  });

  it.each(broken[rule as Rule].map(([repo, sentence]) => ({ repo, sentence })))(
    'finds: $sentence',
    ({ repo, sentence }) => {
      expect(check(repo)).toEqual([expect.stringContaining(sentence)]);
    },
  );
});

describe('what the rules allow', () => {
  it('a test imports any lower level, declared as a devDependency', () => {
    const repo = repoWith({
      'packages/envs/src/envs.ts': 'export const envs = 1;',
      'packages/envs/src/envs.test.ts': "import { rewards } from '@grpo/rewards';",
      'packages/envs/package.json': manifest('envs', {
        devDependencies: { '@grpo/rewards': 'workspace:^' },
      }),
    });
    for (const check of Object.values(rules)) expect(check(repo)).toEqual([]);
  });

  it('a package with src/testing.ts exports it', () => {
    const repo = repoWith({
      [`${REWARDS}/src/testing.ts`]: 'export const suite = 1;',
      [`${REWARDS}/package.json`]: manifest('rewards', { exports }),
    });
    for (const check of Object.values(rules)) expect(check(repo)).toEqual([]);
  });

  it('words in comments and strings are no use of a clock', () => {
    const text = "// never Math.random()\nexport const a = 'Date.now()';";
    const repo = withSource(`${REWARDS}/src/a.ts`, text);
    expect(rules['maths packages use neither clocks nor unseeded chance']?.(repo)).toEqual([]);
  });
});

describe('a suite that stands in for test files', () => {
  const suite = { test: `${REWARDS}/src/all.test.ts`, covers: [`${REWARDS}/src/a.ts`], why: '' };
  const files = {
    [`${REWARDS}/src/a.ts`]: 'export const a = 1;',
    [`${REWARDS}/src/b.ts`]: "export { a } from './a.js';",
    [`${REWARDS}/src/b.test.ts`]: '',
    [`${REWARDS}/src/all.test.ts`]: "import { a } from './b.js';",
  };

  it('covers what it reaches through imports', () => {
    expect(sourcesHaveTests(repoWith(files), [suite])).toEqual([]);
  });

  it('may cover a folder, in which each source is reached', () => {
    const deep = { [`${REWARDS}/src/deep/c.ts`]: '', [`${REWARDS}/src/deep/d.ts`]: '' };
    const test = "import './deep/c.js'; import './b.js';";
    const covers = [...suite.covers, `${REWARDS}/src/deep/`];
    const repo = repoWith({ ...files, ...deep, [suite.test]: test });
    expect(sourcesHaveTests(repo, [{ ...suite, covers }])).toEqual([
      expect.stringContaining('deep/d.ts; it does not import it'),
    ]);
  });

  it.each([
    ['it does not import the file', { [suite.test]: '' }, 'it does not import it'],
    ['the file is gone', { [`${REWARDS}/src/a.ts`]: null }, 'every source there has its test'],
    ['the file has its own test', { [`${REWARDS}/src/a.test.ts`]: '' }, 'has its test'],
  ])('is reported when %s', (_, change, sentence) => {
    const repo = repoWith({ ...files, ...change });
    expect(sourcesHaveTests(repo, [suite])).toEqual([expect.stringContaining(sentence)]);
  });
});
