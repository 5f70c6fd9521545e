import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { currentFolder, replaceFolder } from './replace-folder.js';

let scratch: string;
let folder: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'grpo-folder-'));
  folder = join(scratch, 'model');
});
afterEach(() => rmSync(scratch, { recursive: true }));

const put = (text: string) => async (aside: string) =>
  writeFileSync(join(aside, `${text}.txt`), text);

test('a folder takes the place of the one before, and nothing else is left', async () => {
  await replaceFolder(folder, put('one'));
  await replaceFolder(folder, put('two'));
  expect(readdirSync(scratch)).toEqual(['model']);
  expect(readdirSync(folder)).toEqual(['two.txt']);
});

test('a write that fails leaves the folder before', async () => {
  await replaceFolder(folder, put('one'));
  const failing = async (aside: string) => {
    await put('two')(aside);
    throw new Error('disk full');
  };
  await expect(replaceFolder(folder, failing)).rejects.toThrow('disk full');
  expect(readdirSync(scratch)).toEqual(['model']);
  expect(readdirSync(folder)).toEqual(['one.txt']);
});

test('after a kill between the two renames the folder before is found, and put back by the next write', async () => {
  await replaceFolder(folder, put('one'));
  renameSync(folder, `${folder}.replaced`); // what such a kill leaves
  mkdirSync(`${folder}.writing`);
  expect(readFileSync(join(currentFolder(folder), 'one.txt'), 'utf8')).toBe('one');
  const failing = async () => {
    throw new Error('again');
  };
  await expect(replaceFolder(folder, failing)).rejects.toThrow('again');
  expect(readdirSync(folder)).toEqual(['one.txt']);
  await replaceFolder(folder, put('two'));
  expect(readdirSync(scratch)).toEqual(['model']);
  expect(currentFolder(folder)).toBe(folder);
});

test('what an unfinished write left is thrown away', async () => {
  mkdirSync(`${folder}.writing`);
  writeFileSync(join(`${folder}.writing`, 'half.txt'), 'half');
  await replaceFolder(folder, put('one'));
  expect(readdirSync(folder)).toEqual(['one.txt']);
  expect(existsSync(`${folder}.writing`)).toBe(false);
});
