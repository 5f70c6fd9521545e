import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ownManifest } from '../own-manifest.js';
import { projectFiles, type TemplateName, templates } from './init.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-init-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const manifestOf = (files: ReadonlyMap<string, string>) =>
  JSON.parse(files.get('package.json') ?? '');

it.each(Object.keys(templates) as TemplateName[])(
  'the template %s names every package that it imports, at the version of this one',
  (template) => {
    const files = projectFiles(join(folder, 'My Demo'), template);
    const { name, dependencies } = manifestOf(files);
    const sources = [...files].filter(([path]) => path.endsWith('.ts')).map(([, text]) => text);
    const imported = sources.flatMap((text) =>
      [...text.matchAll(/from '(@grpo\/[^']+)'/g)].map(([, one]) => one),
    );
    expect(name).toBe('my-demo');
    expect(Object.keys(dependencies)).toEqual([...new Set(imported)].sort());
    expect(new Set(Object.values(dependencies))).toEqual(new Set([`^${ownManifest().version}`]));
    expect([...files.keys()]).toContain('.gitignore');
    expect([...files.values()].join('')).not.toMatch(/\{\{\w+\}\}/);
  },
);

it('packages that the folder above took from files are taken from there, all of ours', () => {
  const dependencies = {
    '@grpo/cli': 'file:tars/grpo-cli-0.0.0.tgz',
    '@grpo/random': 'file:tars/grpo-random-0.0.0.tgz',
    '@grpo/envs': '^1.0.0',
    zod: 'file:zod.tgz',
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies }));
  mkdirSync(join(folder, 'demo'));
  const made = manifestOf(projectFiles(join(folder, 'demo'), 'single-turn')).dependencies;
  expect(made).toMatchObject({
    '@grpo/cli': 'file:../tars/grpo-cli-0.0.0.tgz',
    '@grpo/random': 'file:../tars/grpo-random-0.0.0.tgz',
    '@grpo/envs': `^${ownManifest().version}`,
  });
  expect(made.zod).toBeUndefined();
});
