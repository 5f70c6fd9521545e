import { expect, test } from 'vitest';
import { findJson, jsonFormat } from './json-format.js';
import type { Episode } from './types.js';

const reward = (completion: string) => {
  const episode: Episode = {
    messages: [],
    completion,
    row: {},
    environmentReward: 0,
    end: 'terminated',
  };
  return jsonFormat().fn(episode);
};

test.each(['{"a": 1}', ' [1, 2]\n', 'Here:\n```json\n{"a": [null]}\n```\nDone.', '```\n1\n```'])(
  '%j is JSON',
  (completion) => {
    expect(reward(completion)).toBe(1);
  },
);

test.each([
  '',
  '{a: 1}',
  '{"a": 1',
  'It is {"a": 1}.',
  '```json\n{"a": 1\n```',
  '{"a": 1} {"b": 2}',
  '{"a": NaN}',
])('%j is none', (completion) => {
  expect(reward(completion)).toBe(0);
});

test('the last block counts', () => {
  expect(findJson('```json\n1\n```\n```json\n2\n```')).toEqual({ value: 2 });
});

test('a megabyte of brackets comes to an end', () => {
  expect(reward('['.repeat(1_000_000))).toBe(0);
});
