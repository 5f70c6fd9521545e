import { expect, it } from 'vitest';
import { createOutput } from '../output.js';
import { plainLine, plainView } from './plain-view.js';

const record = { step: 3, reward: 0.12345, kl: 0.001, 'time/step': 2 };

it('a line says how far the run is, what it has and how long it takes', () => {
  expect(plainLine(record, 10, 65)).toBe('step 3/10  reward 0.123  kl 0.001  1:05 left');
});

function written(isJson: boolean) {
  const lines: string[] = [];
  const stream = { write: (text: string) => lines.push(text) };
  const terminal = { stdin: process.stdin, stdout: stream, stderr: stream, env: {} };
  let now = 0;
  const view = plainView(createOutput(terminal, isJson), 4, () => now);
  for (const [step, at] of [
    [1, 0],
    [2, 500],
    [3, 1500],
    [4, 1600],
  ]) {
    now = at;
    view.onStep({ step, 'time/step': 1 });
  }
  return lines.join('');
}

it('lines come at most once a second, and at the end', () => {
  expect(written(false)).toBe('step 1/4  0:03 left\nstep 3/4  0:01 left\nstep 4/4  0:00 left\n');
});

it('a machine gets every record as a line', () => {
  const records = written(true)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
});
