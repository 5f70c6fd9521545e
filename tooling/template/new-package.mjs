// Makes a package that passes every check, with one function to replace by your own.
//   npm run new-package -- NAME --level 1 --description "What it is, in one sentence"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const TEMPLATES = fileURLToPath(new URL('files', import.meta.url));
const LEVELS = 'tooling/structure/levels.ts';
const MAX_LEVEL = 4;
const USAGE = 'npm run new-package -- NAME --level 1 --description "What it is, in one sentence"';

/**
 * Writes `packages/NAME` and its row in the table of levels. Writes nothing where a value is refused.
 *
 * @param {object} options
 * @param {string} options.root the repository
 * @param {string | undefined} options.name the folder in `packages`, published as `@grpo/NAME`
 * @param {string | undefined} options.level 0 to 4; it may import from lower levels only
 * @param {string | undefined} options.description one sentence
 * @returns {string[]} the files written, relative to the root
 * @throws {Error} that says which value was refused and what it needs to be
 */
export function newPackage({ root, name, level, description }) {
  const packageName = checkedName(root, name);
  const packageLevel = checkedLevel(level);
  const sentence = checkedSentence(description);
  const table = readFileSync(join(root, LEVELS), 'utf8');
  const changedTable = withRow(table, packageName, packageLevel);

  const { engines } = readJson(join(root, 'package.json'));
  const values = {
    name: packageName,
    version: versionOfAll(root),
    description: JSON.stringify(sentence.replace(/\.$/, '')),
    sentence: sentence.replace(/\.?$/, '.'),
    node: engines.node,
  };
  const files = templates().map((template) => ({
    path: join('packages', packageName, template.replace(/\.template$/, '')),
    text: filled(readFileSync(join(TEMPLATES, template), 'utf8'), values),
  }));
  for (const { path, text } of [...files, { path: LEVELS, text: changedTable }]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return [...files.map(({ path }) => path), LEVELS];
}

/**
 * @param {string} root
 * @param {string | undefined} name
 */
function checkedName(root, name) {
  if (name === undefined) throw new Error(`new-package: needs a name. Use: ${USAGE}`);
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name))
    throw new Error(
      `new-package: a name needs lower-case words joined by hyphens, got "${name}". For example: reward-model.`,
    );
  const taken = ['packages', 'apps', 'tooling'].find(
    (parent) =>
      existsSync(join(root, parent, name)) ||
      manifests(join(root, parent)).some((manifest) => manifest.name === `@grpo/${name}`),
  );
  if (taken !== undefined)
    throw new Error(`new-package: @grpo/${name} is already in ${taken}. Choose another name.`);
  return name;
}

/** @param {string | undefined} level */
function checkedLevel(level) {
  if (level === undefined || !/^\d$/.test(level) || Number(level) > MAX_LEVEL)
    throw new Error(
      `new-package: --level needs a whole number from 0 to ${MAX_LEVEL}, got "${level ?? ''}". One more than the highest level it imports.`,
    );
  return Number(level);
}

/** @param {string | undefined} description */
function checkedSentence(description) {
  const sentence = description?.trim() ?? '';
  if (sentence === '' || /\n|[.!?]\s+[A-Z]|^#/.test(sentence))
    throw new Error(
      `new-package: --description needs one sentence on one line, got "${sentence}". It opens the README.`,
    );
  return sentence;
}

/**
 * The table with one more row, after the last row of its level.
 *
 * @param {string} table
 * @param {string} name
 * @param {number} level
 */
function withRow(table, name, level) {
  const key = name.includes('-') ? `'${name}'` : name;
  const row = `  ${key}: { level: ${level}, imports: [], types: [] },\n`;
  const start = table.indexOf('export const levels');
  const rows = [...table.matchAll(/^ {2}\S+: \{\s*level: (\d)/gm)];
  const next = rows.find(({ index, 1: other }) => index > start && Number(other) > level);
  const at = next?.index ?? table.indexOf('};', start);
  if (start < 0 || at < 0) throw new Error(`new-package: found no table of levels in ${LEVELS}.`);
  return table.slice(0, at) + row + table.slice(at);
}

/** @param {string} root */
function versionOfAll(root) {
  return manifests(join(root, 'packages'))[0]?.version ?? '0.0.0';
}

/** @param {string} parent */
function manifests(parent) {
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .map((folder) => join(parent, folder, 'package.json'))
    .filter((file) => existsSync(file))
    .map(readJson);
}

function templates() {
  return readdirSync(TEMPLATES, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.template'),
  );
}

/**
 * @param {string} template
 * @param {Record<string, string>} values
 */
function filled(template, values) {
  return template.replace(/\{\{(\w+)\}\}/g, (_, key) => values[key] ?? '');
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { level: { type: 'string' }, description: { type: 'string' } },
    });
    if (positionals.length > 1)
      throw new Error(`new-package: needs one name, got ${positionals.join(', ')}. Use: ${USAGE}`);
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const [name] = positionals;
    const { level, description } = values;
    const written = newPackage({ root, name, level, description });
    console.log(`${written.join('\n')}

Next:
1. node tooling/scripts/pnpm.mjs install    links the package; commit pnpm-lock.yaml with it
2. npm test -- packages/${name} tooling/structure
3. Put your function in the place of masked-mean.ts, its test and its lines in the README.
4. For each package of ours that it imports: the row in ${LEVELS}, and
   "@grpo/NAME": "workspace:^" under dependencies. Give the row isMaths: true where it is maths.
5. Name it in docs/architecture.md, then describe it: npm run changeset`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
