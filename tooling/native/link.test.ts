import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findPackage, link, unlink } from './link.mjs';
import { fakeClone, temporaryFolder } from './testing.js';

/** Libraries and an addon as the cache keeps them. */
function built(text: string) {
  const folder = temporaryFolder();
  const libraries = join(folder, 'lib');
  mkdirSync(libraries);
  writeFileSync(join(libraries, 'library'), text);
  writeFileSync(join(folder, 'addon'), text);
  return { libraries, addon: join(folder, 'addon') };
}

/** The package of a clone, and what a run would find in it. */
function installed() {
  const { from, folder } = fakeClone();
  const tfjsNode = findPackage(from);
  const read = () => [
    readFileSync(join(folder, 'deps', 'lib', 'library'), 'utf8'),
    readFileSync(join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'), 'utf8'),
  ];
  return { folder, tfjsNode, read };
}

test('the package is found as its consumer would find it, from a folder below as well', () => {
  const { from, folder } = fakeClone();
  expect(findPackage(join(from, 'src', 'deep'))).toEqual({
    folder,
    version: '4.22.0',
    napi: 8,
    addonFolder: join(folder, 'lib', 'napi-v8'),
  });
  expect(findPackage(temporaryFolder())).toBeUndefined();
});

test('linking again replaces link and addon and leaves the cache that they came from whole', () => {
  const { tfjsNode, read } = installed();
  const [old, fresh] = [built('old'), built('fresh')];
  link(tfjsNode, old);
  expect(read()).toEqual(['old', 'old']);
  link(tfjsNode, fresh);
  expect(read()).toEqual(['fresh', 'fresh']);
  expect(readFileSync(join(old.libraries, 'library'), 'utf8')).toBe('old');
});

test('a folder of libraries that an installer left gives way to the link', () => {
  const { folder, tfjsNode, read } = installed();
  mkdirSync(join(folder, 'deps', 'lib', 'half'), { recursive: true });
  link(tfjsNode, built('fresh'));
  expect(read()).toEqual(['fresh', 'fresh']);
  expect(lstatSync(join(folder, 'deps', 'lib')).isSymbolicLink()).toBe(true);
});

test('leftovers of an interrupted linking go', () => {
  const { folder, tfjsNode } = installed();
  mkdirSync(tfjsNode.addonFolder, { recursive: true });
  writeFileSync(join(tfjsNode.addonFolder, 'tfjs_binding.node.4711.tmp'), 'ad');
  link(tfjsNode, built('fresh'));
  expect(readdirSync(tfjsNode.addonFolder)).toEqual(['tfjs_binding.node']);
  expect(readdirSync(join(folder, 'deps'))).toEqual(['lib']);
});

test('unlinking takes away what a run would load and leaves the cache whole', () => {
  const { folder, tfjsNode } = installed();
  const cached = built('cached');
  link(tfjsNode, cached);
  unlink(tfjsNode);
  expect(existsSync(join(folder, 'lib'))).toBe(false);
  expect(existsSync(join(folder, 'deps'))).toBe(false);
  expect(readFileSync(join(cached.libraries, 'library'), 'utf8')).toBe('cached');
});
