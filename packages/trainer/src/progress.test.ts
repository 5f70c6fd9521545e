import { expect, test } from 'vitest';
import { progressBar } from './progress.js';

/** A bar on a stream that remembers, with a clock that moves 2 s per record. */
function drawn(isTTY: boolean, steps: readonly number[], maxSteps: number): string[] {
  const written: string[] = [];
  let time = 0;
  const stream = { isTTY, write: (text: string) => written.push(text) };
  const track = progressBar(maxSteps, stream, () => time);
  for (const step of steps) {
    time += 2000;
    track({
      step,
      reward: 0.5,
      kl: 0.01234,
      'clip_ratio/region_mean': 0.002,
      'time/step': 2,
      'time/tokens_per_second': 1234.5,
    });
  }
  return written;
}

test('a terminal shows reward, KL, clip fraction, tokens per second and time left on one line', () => {
  const [, second] = drawn(true, [1, 2], 8);
  expect(second).toBe(
    '\r\u001b[K██████░░░░░░░░░░░░░░░░░░ 2/8  reward 0.500  kl 0.0123  clipped 0.0020  tokens/s 1235  0:12 left',
  );
});

test('the last record ends the line', () => {
  expect(drawn(true, [1, 2], 2).at(-1)).toMatch(/2\/2 .* 0:00 left\n$/);
});

test('time left counts from where a resumed run started', () => {
  expect(drawn(true, [91, 92], 100).at(-1)).toContain('0:16 left');
});

test('without a terminal there is a line now and then, and one at the end', () => {
  const written = drawn(false, [1, 2, 3, 4, 5, 6, 7, 8], 8);
  expect(written.map((line) => /(\d+)\/8/.exec(line)?.[1])).toEqual(['1', '6', '8']);
  for (const line of written) expect(line.endsWith('\n')).toBe(true);
});
