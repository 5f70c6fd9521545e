import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isCancel, select, text } from '@clack/prompts';
import { CommandError, EXIT, type ExitCode } from '../command-error.js';
import type { Output } from '../output.js';
import { ownManifest } from '../own-manifest.js';

/** What a template is about, and a line to try in `grpo chat`. */
export const templates = {
  'single-turn': {
    about: 'One question, one answer: a tiny model learns to add two digits.',
    prompt: '3+8',
    packages: ['cli', 'envs', 'policy', 'rewards'],
  },
  conversation: {
    about: 'A conversation: a tiny model learns to find a number with the hints it is given.',
    prompt: 'Guess my number from 1 to 7.',
    packages: ['cli', 'envs', 'policy', 'rewards', 'trainer'],
  },
  tools: {
    about: 'A tool agent: a tiny model learns to look up what it cannot know.',
    prompt: 'price of tea',
    packages: ['cli', 'envs', 'policy', 'rewards'],
  },
} as const;

export type TemplateName = keyof typeof templates;

/** Beside dist and src alike: templates are published as they stand in src. */
const TEMPLATES = fileURLToPath(new URL('../../src/templates', import.meta.url));
const ENDING = '.template';

/** What `grpo init` is asked for. */
export interface InitRequest {
  /** The folder of the project. Asked for in a terminal. */
  readonly name?: string | undefined;
  readonly template?: TemplateName | undefined;
}

/** Makes a project that trains with one more command. */
export async function init(request: InitRequest, output: Output): Promise<ExitCode> {
  const isAsked = output.isWatched && output.terminal.stdin.isTTY === true && !output.isJson;
  const name = request.name ?? (isAsked ? await askName() : undefined);
  if (name === undefined) {
    throw new CommandError(
      EXIT.usage,
      'grpo init: needs the name of a folder, got none. For example: grpo init demo',
    );
  }
  const template = request.template ?? (isAsked ? await askTemplate() : 'single-turn');
  const folder = resolve(name);
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new CommandError(
      EXIT.taken,
      `grpo init: needs an empty folder or none, got ${name}, which holds files. Choose another name.`,
    );
  }
  const files = projectFiles(folder, template);
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  output.json({ folder, template, files: [...files.keys()] });
  output.line(`Made ${name} (${template}): ${[...files.keys()].join(', ')}`);
  output.line(`Next: ${name === '.' ? '' : `cd ${name} && `}npm install && npx grpo train`);
  return EXIT.done;
}

/** The files of a project, by their paths in it. */
export function projectFiles(folder: string, template: TemplateName): Map<string, string> {
  const { about, prompt, packages } = templates[template];
  const name = projectName(folder);
  const values: Readonly<Record<string, string>> = { name, about, prompt };
  const files = new Map<string, string>();
  for (const part of ['common', template]) {
    for (const file of readdirSync(join(TEMPLATES, part))) {
      const content = readFileSync(join(TEMPLATES, part, file), 'utf8');
      // npm leaves files named .gitignore out of packages.
      const path = file.slice(0, -ENDING.length).replace(/^gitignore$/, '.gitignore');
      files.set(
        path,
        content.replace(/\{\{(\w+)\}\}/g, (_, key) => values[key] ?? ''),
      );
    }
  }
  const manifest = {
    name,
    private: true,
    type: 'module',
    scripts: {
      train: 'grpo train',
      dashboard: 'grpo dashboard',
      eval: 'grpo eval',
      doctor: 'grpo doctor',
    },
    dependencies: dependenciesOf(folder, packages),
  };
  return new Map([['package.json', `${JSON.stringify(manifest, null, 2)}\n`], ...files]);
}

/**
 * The packages that a project needs, at the version of this one. Where the folder above installed ours from files, the
 * project takes the same files: all of them, because they stand on each other.
 */
function dependenciesOf(folder: string, packages: readonly string[]): Record<string, string> {
  const version = `^${ownManifest().version}`;
  const wanted = packages.map((name) => [`@grpo/${name}`, version] as const);
  return Object.fromEntries(
    [...wanted, ...fileDependencies(folder)].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Those of our packages that the nearest package.json above names as files, relative to the project. */
function fileDependencies(folder: string): (readonly [string, string])[] {
  for (let at = dirname(folder); ; at = dirname(at)) {
    const path = join(at, 'package.json');
    if (existsSync(path)) {
      const { dependencies = {} } = JSON.parse(readFileSync(path, 'utf8')) as {
        dependencies?: Record<string, string>;
      };
      return Object.entries(dependencies)
        .filter(([name, spec]) => name.startsWith('@grpo/') && spec.startsWith('file:'))
        .map(([name, spec]) => {
          const file = relative(folder, resolve(at, spec.slice('file:'.length)));
          return [name, `file:${file.replaceAll('\\', '/')}`] as const;
        });
    }
    if (dirname(at) === at) return [];
  }
}

/** A name that npm takes. */
function projectName(folder: string): string {
  const name = (folder.split(/[\\/]/).at(-1) ?? '').toLowerCase().replace(/[^a-z0-9-]+/g, '-');
  return name.replace(/^-+|-+$/g, '') || 'grpo-project';
}

async function askName(): Promise<string> {
  const name = await text({
    message: 'Name of the project',
    defaultValue: 'demo',
    placeholder: 'demo',
  });
  return answered(name);
}

async function askTemplate(): Promise<TemplateName> {
  const options = Object.entries(templates).map(([value, { about }]) => ({
    value: value as TemplateName,
    label: value,
    hint: about,
  }));
  return answered(await select({ message: 'What is to be trained?', options }));
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (!isCancel(answer)) return answer as Exclude<T, symbol>;
  throw new CommandError(EXIT.usage, 'grpo init: stopped, nothing was written.');
}
