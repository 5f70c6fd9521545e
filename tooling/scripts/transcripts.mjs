// Runs the commands in docs/guides/command-line.md and writes what they print below them:
//   npm run transcripts
// A block of `console` holds lines that begin with `$ `; the blocks share one new folder, in their order. In a block of
// `console live` the command runs in a terminal (Linux, with util-linux's `script`), and one picture of it is kept.
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = join(root, 'docs/guides/command-line.md');
const LONGEST = 24; // lines; of longer outputs beginning and end are kept
const ENDS = 8;
const FRAME = '\u001b[J'; // each picture of the live view begins with it
const WIDTH = 88;

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'grpo-transcripts-')));
let folder = scratch;

/** What a command prints, and the folder that it leaves the shell in. */
function run(command, isLive) {
  const note = join(scratch, '.pwd');
  const shell = isLive ? `stty cols ${WIDTH} rows 24; ${command}` : command;
  const [program, args] = isLive
    ? ['script', ['-qec', shell, '/dev/null']]
    : ['bash', ['-c', `{ ${shell}; } 2>&1; pwd > ${note}`]];
  const env = {
    ...process.env,
    PATH: `${join(scratch, 'bin')}:${process.env.PATH}`,
    NO_COLOR: '1',
  };
  const { stdout, status, error } = spawnSync(program, args, {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  if (error) throw error;
  if (!isLive) folder = readFileSync(note, 'utf8').trim();
  console.log(`${command}: ${status}`);
  return stdout.replaceAll(`${scratch}/`, '/home/me/');
}

function shortened(text) {
  const lines = text.trimEnd().split('\n');
  if (lines.length <= LONGEST) return lines;
  return [...lines.slice(0, ENDS), '…', ...lines.slice(-ENDS)];
}

/** The picture after two thirds of a run. */
function picture(text) {
  const pictures = text.split(FRAME).slice(1);
  const chosen = pictures[Math.floor((pictures.length * 2) / 3)] ?? '';
  return stripVTControlCharacters(chosen).replaceAll('\r', '').trimEnd().split('\n');
}

try {
  mkdirSync(join(scratch, 'bin'));
  mkdirSync(join(scratch, 'node_modules/@grpo'), { recursive: true });
  for (const name of readdirSync(join(root, 'packages')))
    symlinkSync(join(root, 'packages', name), join(scratch, 'node_modules/@grpo', name));
  const program = join(root, 'packages/cli/dist/bin.js');
  const shim = `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`;
  writeFileSync(join(scratch, 'bin/grpo'), shim, { mode: 0o755 });

  const text = readFileSync(page, 'utf8').replace(
    /^```console( live)?\n(.*?)^```/gms,
    (_, live = '', body) => {
      const commands = body.split('\n').filter((line) => line.startsWith('$ '));
      const lines = commands.flatMap((line) => {
        const printed = run(line.slice(2), live !== '');
        return [line, ...(live ? picture(printed) : shortened(printed)).filter(Boolean)];
      });
      return `\`\`\`console${live}\n${lines.join('\n')}\n\`\`\``;
    },
  );
  writeFileSync(page, text);
} finally {
  rmSync(scratch, { recursive: true });
}
