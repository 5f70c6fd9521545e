import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { characterTokenizerFiles, createTokenizer } from '@grpo/policy';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tokenizerIn, tokenPieces } from './token-pieces.js';
import { tokenizerFolders } from './tokenizer-folders.js';

const textFiles = characterTokenizerFiles({
  characters: 'ab',
  tokens: ['<pad>', '<|end|>'],
  padToken: '<pad>',
  endToken: '<|end|>',
  chatTemplate: '{{ messages[0].content }}',
});
let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'grpo-dashboard-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function writeTokenizer(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of textFiles) writeFileSync(join(folder, name), text);
}

test('the pieces are the text of each token, special ones included', () => {
  const tokenizer = createTokenizer(textFiles);
  const ids = [...tokenizer.encode('abba'), tokenizer.tokenId('<|end|>') ?? -1];
  expect(tokenPieces(ids, tokenizer)).toEqual(['a', 'b', 'b', 'a', '<|end|>']);
  expect(tokenPieces([], tokenizer)).toEqual([]);
});

test('a character of several tokens stands at its last one', () => {
  // Two ids give one character, as bytes of a longer one do.
  const decode = (ids: readonly number[]) =>
    ids.length % 2 === 0 ? 'é'.repeat(ids.length / 2) : `${'é'.repeat((ids.length - 1) / 2)}\uFFFD`;
  const tokenizer = { ...createTokenizer(textFiles), decode };
  expect(tokenPieces([1, 2, 3, 4], tokenizer)).toEqual(['', 'é', '', 'é']);
});

test('the newest checkpoint whose tokenizer can be read gives it', () => {
  expect(tokenizerFolders(root)).toEqual([]);
  const steps = ['step-000002', 'step-000005'].map((step) =>
    join(root, 'checkpoints', step, 'policy'),
  );
  for (const folder of steps) writeTokenizer(folder);
  mkdirSync(join(root, 'checkpoints', 'step-000009', 'policy'), { recursive: true });
  writeTokenizer(join(root, 'checkpoints', 'step-000007.writing', 'policy'));
  expect(tokenizerFolders(root)).toEqual([...steps].reverse());
  writeFileSync(join(steps[1], 'tokenizer.json'), '{');
  expect(tokenizerIn(tokenizerFolders(root))?.vocabularySize).toBe(4);
  expect(tokenizerIn([])).toBeUndefined();
});

test('a link out of the run is not followed', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'grpo-dashboard-'));
  writeTokenizer(elsewhere);
  mkdirSync(join(root, 'checkpoints', 'step-000001'), { recursive: true });
  symlinkSync(elsewhere, join(root, 'checkpoints', 'step-000001', 'policy'));
  expect(tokenizerFolders(root)).toEqual([]);
  rmSync(elsewhere, { recursive: true });
});
