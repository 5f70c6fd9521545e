import { expect, test } from 'vitest';
import { createOutput } from '../output.js';
import { progressLine } from './progress-line.js';

function written(isTTY: boolean) {
  const lines: string[] = [];
  const stream = { isTTY, write: (text: string) => lines.push(text) };
  const output = createOutput(
    { stdin: process.stdin, stdout: stream, stderr: stream, env: {} },
    false,
  );
  let clock = 0;
  const line = progressLine(output, () => clock);
  for (const done of [1, 2, 4]) {
    clock += done === 2 ? 50 : 1000; // the second comes too soon to be drawn
    line.show(done, 4);
  }
  line.close();
  return lines;
}

test('a line says how far it is and what time is left, and goes away', () => {
  const erase = '\r\u001b[K';
  expect(written(true)).toEqual([
    `${erase}██████░░░░░░░░░░░░░░░░░░ 1/4  0:03 left`,
    `${erase}████████████████████████ 4/4  0:00 left`,
    erase,
  ]);
});

test('nothing is drawn where nobody watches', () => {
  expect(written(false)).toEqual([]);
});
