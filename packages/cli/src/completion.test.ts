import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { candidates, completionScript, shells } from './completion.js';
import { createProgram } from './program.js';

const terminal = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: {} };
const program = createProgram(terminal, () => {});
const after = (line: string) => candidates(program, line.split(' '));

it('commands come first, hidden ones do not', () => {
  expect(after('r')).toEqual(['resume', 'runs', 'rewards']);
  expect(after('com')).toEqual(['completion']);
});

it('a command offers its own commands, its flags and those of all', () => {
  expect(after('runs ')).toEqual(['list', 'compare', 'help']);
  expect(after('train --learning')).toEqual(['--learning-rate']);
  expect(after('train --j')).toEqual(['--json']);
});

it('a flag with a list of values offers them, one without leaves the place to files', () => {
  expect(after('train --optim a')).toEqual(['adamw', 'adam']);
  expect(after('train --folder ')).toEqual([]);
  expect(after('completion ')).toEqual(shells);
});

it('the script for bash is one that bash can read', () => {
  const { status, stderr } = spawnSync('bash', ['-n'], { input: completionScript('bash') });
  expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' });
});

it('another shell is refused', () => {
  expect(() => completionScript('tcsh')).toThrow('needs one of bash, zsh, fish, got "tcsh"');
});
