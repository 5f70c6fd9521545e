import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tool } from '@grpo/envs';
import { expect, test } from 'vitest';
import { pythonClient } from './python-client.js';
import { pythonEnvironment } from './python-environment.js';

const search: Tool = {
  name: 'search',
  description: 'Looks for a text\nin a "library" with \\ and """ in it.',
  parameters: {
    type: 'object',
    properties: {
      limit: { type: 'integer', description: 'Most results.' },
      query: { type: 'string', description: 'What for.' },
      kind: { type: 'string', enum: ['book', 'film'] },
      tags: { type: 'array', items: { type: 'string' } },
    },
    required: ['query', 'kind'],
  },
  execute: () => '',
};

test('a tool is a method with type hints and a docstring, what may be left out at its end', () => {
  expect(
    pythonEnvironment([search]),
  ).toContain(`    def search(self, query: str, kind: str, limit: int | None = None, tags: list[str] | None = None) -> str:
        """
        Looks for a text in a "library" with \\\\ and ''' in it.

        Args:
            query: What for.
            kind: No description. (choices: ["book","film"])
            limit: Most results.
            tags: No description.

        Returns:
            What the tool answers.
        """
        return self._session.call("search", query=query, kind=kind, limit=limit, tags=tags)
`);
});

test('an environment without tools has one that says something to it', () => {
  const text = pythonEnvironment(undefined);
  expect(text).toContain('def respond(self, message: str) -> str:');
  expect(text.match(/def [a-z]/g)).toHaveLength(2); // reset and respond: TRL takes all else for tools
});

test.each(['lambda', 'get_reward', 'a-b', '_hidden'])('the name %s is refused', (name) => {
  expect(() => pythonEnvironment([{ ...search, name }])).toThrow(`got "${name}". Rename it.`);
});

const python = ['python3', 'python'].find(
  (name) => spawnSync(name, ['-c', 'import sys; assert sys.version_info >= (3, 10)']).status === 0,
);

test.skipIf(python === undefined)('Python reads what was written, and sees the tools alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-python-'));
  try {
    writeFileSync(join(folder, 'grpo_client.py'), pythonClient());
    writeFileSync(join(folder, 'grpo_environment.py'), pythonEnvironment([search]));
    const script = `import inspect, json
from grpo_environment import GrpoEnvironment
environment = GrpoEnvironment()
public = [name for name, _ in inspect.getmembers(environment, inspect.ismethod) if not name.startswith("_")]
print(json.dumps([public, inspect.getdoc(environment.search).split("\\n")[0]]))`;
    const { stdout, stderr } = spawnSync(python ?? '', ['-c', script], { cwd: folder });
    expect(String(stderr)).toBe('');
    expect(JSON.parse(String(stdout))).toEqual([
      ['reset', 'search'],
      "Looks for a text in a \"library\" with \\ and ''' in it.",
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
