import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checks } from './checks/index.js';
import { levels } from './levels.js';
import { describeRepo, readFiles } from './repo.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const repo = describeRepo(readFiles(root), levels);

describe('this repository', () => {
  it('was read: packages, their sources and their imports', () => {
    expect(repo.packages.map(({ id }) => id)).toContain('tensor');
    const imports = repo.packages.flatMap(({ sources }) => sources.flatMap((s) => s.imports));
    expect(imports.map(({ specifier }) => specifier)).toContain('@tensorflow/tfjs');
  });

  it.each(Object.entries(checks))('%s', (_, check) => {
    expect(check(repo)).toEqual([]);
  });
});
