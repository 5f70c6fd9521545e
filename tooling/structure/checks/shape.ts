/** Every package looks the same. Each function returns one sentence per violation. */
import { isDeepStrictEqual } from 'node:util';
import { reachable } from '../cycle.js';
import { importedFile, type Manifest, packageId, type Repo } from '../repo.js';
import { type Suite, suites } from '../suites.js';

const FILES = [
  'README.md',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'src/index.ts',
  'src/types.ts',
];

export function packagesHaveTheFiles({ packages, files }: Repo): string[] {
  return packages.flatMap(({ folder }) =>
    FILES.filter((file) => !files.has(`${folder}/${file}`)).map(
      (file) => `${folder} has no ${file}.`,
    ),
  );
}

function entry(name: string) {
  return { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` };
}

export function manifestsAreUniform({ packages, files }: Repo): string[] {
  const root = JSON.parse(files.get('package.json') ?? '{}');
  const version = packages[0]?.manifest.version;
  return packages.flatMap(({ folder, id, manifest }) => {
    // C++ is compiled where it is built or installed, and says so itself where it cannot be.
    const hasCpp = files.has(`${folder}/cpp/compile.mjs`);
    const compile = 'node cpp/compile.mjs';
    const build = 'tsc -p tsconfig.build.json';
    const wanted = {
      name: `@grpo/${id}`,
      version, // one version for all: see `fixed` in .changeset/config.json
      license: root.license,
      type: 'module',
      sideEffects: false,
      exports: {
        '.': entry('index'),
        ...(files.has(`${folder}/src/testing.ts`) && { './testing': entry('testing') }),
        './package.json': './package.json',
      },
      files: [...(hasCpp ? ['cpp'] : []), 'dist', 'src', '!src/**/*.test.ts'],
      scripts: {
        build: hasCpp ? `${build} && ${compile}` : build,
        ...(hasCpp && { install: compile }),
        typecheck: 'tsc -p tsconfig.json --noEmit',
      },
      engines: root.engines,
      publishConfig: { access: 'public' },
    };
    const differing = Object.entries(wanted).filter(
      ([field, value]) => !isDeepStrictEqual(manifest[field], value),
    );
    return [
      ...differing.map(
        ([field, value]) =>
          `${folder}/package.json needs "${field}": ${JSON.stringify(value)}, got ${JSON.stringify(manifest[field])}.`,
      ),
      ...(manifest.description ? [] : [`${folder}/package.json needs a description.`]),
      ...versionsOf(folder, manifest),
    ];
  });
}

function versionsOf(
  folder: string,
  { dependencies = {}, devDependencies = {} }: Manifest,
): string[] {
  return Object.entries({ ...dependencies, ...devDependencies })
    .filter(([name, version]) => packageId(name) !== undefined && version !== 'workspace:^')
    .map(([name, version]) => `${folder} needs ${name} at "workspace:^", got "${version}".`);
}

const BUILD_CONFIG = {
  extends: './tsconfig.json',
  compilerOptions: { rootDir: 'src', outDir: 'dist' },
  exclude: ['src/**/*.test.ts'],
};
const CONFIG = { extends: '../../tooling/tsconfig/base.json', include: ['src'] };

export function configsAreUniform({ packages, files }: Repo): string[] {
  return packages.flatMap(({ folder }) =>
    Object.entries({ 'tsconfig.json': CONFIG, 'tsconfig.build.json': BUILD_CONFIG })
      .filter(([file, wanted]) => {
        const text = files.get(`${folder}/${file}`);
        return text !== undefined && !isDeepStrictEqual(JSON.parse(text), wanted);
      })
      .map(([file, wanted]) => `${folder}/${file} needs to be ${JSON.stringify(wanted)}.`),
  );
}

const SECTIONS = ['Install', 'Example', 'Exports', 'What it is not', 'Papers'];
const MAX_README_LINES = 80;
const MAX_EXAMPLE_LINES = 15;

export function readmesFollowTheSkeleton({ packages, files }: Repo): string[] {
  return packages.flatMap(({ folder, id }) => {
    const text = files.get(`${folder}/README.md`);
    if (text === undefined) return [];
    const at = `${folder}/README.md`;
    const lines = text.trimEnd().split('\n');
    const [opening = '', ...rest] = text.split(/^## /m);
    const sections = new Map(rest.map((part) => [part.split('\n', 1)[0]?.trim() ?? '', part]));
    const found = [...sections.keys()].filter((title) => SECTIONS.includes(title));
    const [title, sentence, ...more] = opening.trim().split(/\n\s*\n/);
    const example = /^```ts\n(.*?)^```/ms.exec(sections.get('Example') ?? '')?.[1];
    const length = example?.split('\n').filter((line) => line.trim() !== '').length ?? 0;
    return [
      title !== `# @grpo/${id}` && `${at} needs the title \`# @grpo/${id}\`.`,
      (!/^[^#].*\.$/s.test(sentence ?? '') ||
        /[.!?]\s+[A-Z]/.test(sentence ?? '') ||
        more.length > 0) &&
        `${at} needs exactly one sentence between its title and its first section.`,
      !isDeepStrictEqual(found, SECTIONS) &&
        `${at} needs the sections ${SECTIONS.join(', ')} in this order, got ${found.join(', ') || 'none'}.`,
      !(sections.get('Install') ?? '').includes(`npm install @grpo/${id}`) &&
        `${at} needs \`npm install @grpo/${id}\` under Install.`,
      example === undefined && `${at} needs a \`\`\`ts block under Example.`,
      length > MAX_EXAMPLE_LINES &&
        `${at} needs an example of at most ${MAX_EXAMPLE_LINES} lines, got ${length}.`,
      lines.length > MAX_README_LINES &&
        `${at} needs at most ${MAX_README_LINES} lines, got ${lines.length}.`,
    ].filter((violation) => violation !== false);
  });
}

/** `index`, `types` and `testing` hold nothing to test; a listed suite stands in for a test file. */
export function sourcesHaveTests(repo: Repo, listed = suites): string[] {
  const { packages, files } = repo;
  const entries = listed.flatMap(({ covers }) => covers);
  const untested = packages.flatMap(({ folder, sources }) =>
    sources
      .filter(({ path, isTest }) => !isTest && !/\/src\/(?:index|types|testing)\.ts$/.test(path))
      .filter(({ path }) => !files.has(testOf(path)))
      .filter(({ path }) => !entries.some((entry) => isCovered(path, entry)))
      .map(({ path }) => `${path} has no ${testOf(path).slice(folder.length + 1)} beside it.`),
  );
  return [...untested, ...listed.flatMap((suite) => staleEntries(repo, suite))];
}

function testOf(path: string): string {
  return path.replace(/\.(tsx?)$/, '.test.$1');
}

function isCovered(path: string, entry: string): boolean {
  return entry.endsWith('/') ? path.startsWith(entry) : path === entry;
}

/** A suite covers what it imports, directly or through other files; an entry for anything else is a lie. */
function staleEntries({ packages, files }: Repo, { test, covers, opens = [] }: Suite): string[] {
  const all = packages.flatMap(({ sources }) => sources);
  const sources = new Map(all.map((source) => [source.path, source]));
  const reached = reachable([test, ...opens], (path) =>
    (sources.get(path)?.imports ?? [])
      .map((one) => importedFile(path, one, files))
      .filter((to) => to !== undefined),
  );
  return covers.flatMap((entry) => {
    const untested = all
      .filter(({ path, isTest }) => !isTest && isCovered(path, entry) && !files.has(testOf(path)))
      .map(({ path }) => path);
    if (untested.length === 0)
      return [`suites.ts lists ${entry}; every source there has its test.`];
    return untested
      .filter((path) => !reached.has(path))
      .map((path) => `suites.ts says that ${test} covers ${path}; it does not import it.`);
  });
}
