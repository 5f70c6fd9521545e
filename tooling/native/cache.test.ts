import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { cacheRoot, findEntry, makeEntry, removeLeftovers } from './cache.mjs';
import { temporaryFolder } from './testing.js';

const write = (text: string) => (folder: string) => {
  mkdirSync(join(folder, 'lib'));
  writeFileSync(join(folder, 'lib', 'library.so'), text);
};

test('the cache lies where the platform keeps caches, unless the environment names a folder', () => {
  expect(cacheRoot({}, 'linux', '/home/me')).toBe('/home/me/.cache/grpo');
  expect(cacheRoot({}, 'darwin', '/Users/me')).toBe('/Users/me/Library/Caches/grpo');
  expect(cacheRoot({ LOCALAPPDATA: 'L' }, 'win32', 'H')).toBe(join('L', 'grpo', 'Cache'));
  expect(cacheRoot({ XDG_CACHE_HOME: '/x' }, 'linux', '/home/me')).toBe('/x/grpo');
  expect(cacheRoot({ GRPO_CACHE: 'here' }, 'linux', '/h')).toBe(resolve('here'));
  expect(cacheRoot({ GRPO_CACHE: '/g', XDG_CACHE_HOME: '/x' }, 'linux', '/h')).toBe('/g');
});

test('an entry that was made is found', async () => {
  const cache = temporaryFolder();
  expect(await findEntry(cache, 'tensorflow')).toBeUndefined();
  const made = await makeEntry(cache, 'tensorflow', write('text'));
  expect(await findEntry(cache, 'tensorflow', { isThorough: true })).toBe(made);
});

test('an entry whose making fails leaves nothing behind', async () => {
  const cache = temporaryFolder();
  const half = (folder: string) => {
    write('half')(folder);
    throw new Error('the line broke');
  };
  await expect(makeEntry(cache, 'tensorflow', half)).rejects.toThrow('the line broke');
  expect(readdirSync(cache)).toEqual([]);
});

test('an entry whose file was cut short is removed, so that it is made again', async () => {
  const cache = temporaryFolder();
  const folder = await makeEntry(cache, 'tensorflow', write('the whole library'));
  writeFileSync(join(folder, 'lib', 'library.so'), 'the whole');
  expect(await findEntry(cache, 'tensorflow')).toBeUndefined();
  expect(existsSync(folder)).toBe(false);
});

test('an entry whose bytes changed under an unchanged size and time is found out by the full hash', async () => {
  const cache = temporaryFolder();
  const folder = await makeEntry(cache, 'tensorflow', (target: string) => {
    write('good bytes')(target);
    utimesSync(join(target, 'lib', 'library.so'), 1_000_000, 1_000_000);
  });
  writeFileSync(join(folder, 'lib', 'library.so'), 'evil bytes');
  utimesSync(join(folder, 'lib', 'library.so'), 1_000_000, 1_000_000);
  expect(await findEntry(cache, 'tensorflow')).toBe(folder);
  expect(await findEntry(cache, 'tensorflow', { isThorough: true })).toBeUndefined();
});

test('an entry with new times and the same bytes is kept: it was copied or restored', async () => {
  const cache = temporaryFolder();
  const folder = await makeEntry(cache, 'tensorflow', write('good bytes'));
  utimesSync(join(folder, 'lib', 'library.so'), 1_000_000, 1_000_000);
  expect(await findEntry(cache, 'tensorflow')).toBe(folder);
});

test('a folder without a record is no entry', async () => {
  const cache = temporaryFolder();
  mkdirSync(join(cache, 'tensorflow'));
  write('text')(join(cache, 'tensorflow'));
  expect(await findEntry(cache, 'tensorflow')).toBeUndefined();
});

test('leftovers of interrupted set-ups go, entries and the lock stay', async () => {
  const cache = temporaryFolder();
  await makeEntry(cache, 'tensorflow', write('text'));
  writeFileSync(join(cache, 'lock'), '{}');
  mkdirSync(join(cache, 'tensorflow.4711.tmp', 'download'), { recursive: true });
  removeLeftovers(cache);
  expect(readdirSync(cache).sort()).toEqual(['lock', 'tensorflow']);
});
