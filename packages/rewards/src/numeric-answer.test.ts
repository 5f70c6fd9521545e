import { describe, expect, test } from 'vitest';
import { numericAnswer } from './numeric-answer.js';
import type { Episode } from './types.js';

function episode(completion: string, row: Episode['row'] = { answer: '85' }): Episode {
  return { messages: [], completion, row, environmentReward: 0, end: 'terminated' };
}

describe('with the default pattern', () => {
  const { fn } = numericAnswer();

  test.each([
    '<answer>85</answer>',
    '<answer> 85.0\n</answer>',
    'First 80, then 5 more.\n<answer>85</answer>',
    '<answer>84</answer> No, wait. <answer>85</answer>',
    '<answer><answer>85</answer>',
  ])('the right number in %j is rewarded', (completion) => {
    expect(fn(episode(completion))).toBe(1);
  });

  test.each([
    '',
    '85',
    '<answer>86</answer>',
    '<answer>85 apples</answer>',
    '<answer></answer>',
    '<answer>85',
    '85</answer>',
    '<answer>84, 85, 86</answer>',
    '<answer>85</answer><answer>86</answer>',
  ])('%j is not rewarded', (completion) => {
    expect(fn(episode(completion))).toBe(0);
  });

  test.each([
    { answer: 85, completion: '<answer>85.00</answer>' },
    { answer: 85n, completion: '<answer>85</answer>' },
    { answer: '1,234', completion: '<answer>1234</answer>' },
    { answer: -0.5, completion: '<answer>-.5</answer>' },
    { answer: 1e21, completion: '<answer>1000000000000000000000</answer>' },
  ])('the answer $answer of the row is met by $completion', ({ answer, completion }) => {
    expect(fn(episode(completion, { answer }))).toBe(1);
  });

  test.each([null, undefined, '', 'blue', true, Number.NaN, [85]])(
    'the reward does not apply where the answer of the row is %j',
    (answer) => {
      expect(fn(episode('<answer>85</answer>', { answer }))).toBeNull();
    },
  );

  test('a row without the column is an error that shows the row', () => {
    expect(() => fn(episode('<answer>85</answer>', { prompt: '37+48' }))).toThrow(
      'numericAnswer: the row needs a column "answer", got {"prompt":"37+48"}. Add the column',
    );
  });

  test('a row with a bigint is shown too', () => {
    expect(() => fn(episode('', { id: 7n }))).toThrow('got {"id":"7"}.');
  });

  test('a huge completion of unfinished tags is read without hanging', () => {
    expect(fn(episode('<answer>'.repeat(50_000)))).toBe(0);
    expect(fn(episode(`${'<answer>1'.repeat(50_000)}<answer>85</answer>`))).toBe(1);
  });
});

test('another column and another pattern can be given', () => {
  const { fn } = numericAnswer({ column: 'total', pattern: /Total: ([^\n]*)/i });
  expect(fn(episode('total: 1\nTotal: 12.50', { total: 12.5 }))).toBe(1);
  expect(fn(episode('Total: 12.50\ntotal: 1', { total: 12.5 }))).toBe(0);
});

test('a pattern without a group is refused', () => {
  expect(() => numericAnswer({ pattern: /Total: \d+/ })).toThrow(
    'numericAnswer: pattern needs a group around the answer, got /Total: \\d+/ without one.',
  );
});
