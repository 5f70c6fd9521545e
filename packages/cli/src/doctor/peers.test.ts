import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { optionalPeers } from './peers.js';

it('optional peers of all packages below are found, or not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-peers-'));
  const write = (place: string, manifest: unknown) => {
    const path = join(folder, place, 'package.json');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(manifest));
    return path;
  };
  try {
    const own = write('.', { name: '@grpo/cli', dependencies: { '@grpo/a': '1', other: '1' } });
    write('node_modules/@grpo/a', {
      name: '@grpo/a',
      peerDependencies: { there: '^1', missing: '^2', needed: '^3' },
      peerDependenciesMeta: { there: { optional: true }, missing: { optional: true } },
    });
    write('node_modules/there', { name: 'there', version: '1.2.3' });
    expect(optionalPeers(own)).toEqual([
      { name: 'missing', usedBy: '@grpo/a', wanted: '^2', found: undefined },
      { name: 'there', usedBy: '@grpo/a', wanted: '^1', found: '1.2.3' },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
