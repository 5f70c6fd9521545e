import { describe, expect, test } from 'vitest';
import { parseJudgement } from './parse-judgement.js';

describe('what is found', () => {
  test.each([
    ['JSON alone', '{"score": 3}'],
    ['JSON with white space', '\n {"score": 3} \n'],
    ['a code fence', 'Here it is:\n```json\n{"score": 3}\n```\nDone.'],
    ['a fence without a language', '```\n{"score": 3}```'],
    ['text around it', 'My verdict is {"score": 3}, as I said.'],
    [
      'text with quotes and an apostrophe before it',
      'The "answer" isn\'t {bad} "at all: {"score": 3}',
    ],
    ['an object that the judge quotes before its own', 'It says {"score": 10}. I say {"score": 3}'],
    [
      'a quoted object in a fence before its own',
      '```json\n{"score":10}\n```\n```json\n{"score":3}\n```',
    ],
  ])('%s', (_, text) => {
    expect(parseJudgement(text)).toEqual({ score: 3 });
  });

  test('braces and quotes within strings do not end the object', () => {
    const answer = { reasoning: 'it says "}" and {', score: 3 };
    expect(parseJudgement(`Well: ${JSON.stringify(answer)}`)).toEqual(answer);
  });
});

describe('what is not', () => {
  test.each(['', 'no JSON', '[1, 2]', '7', 'null', '{"score": 1', '{"score": 1]'])('%j', (text) => {
    expect(() => parseJudgement(text)).toThrow('it holds no JSON object, or one that is cut off');
  });

  test('a huge text without an end is searched in bounded time and shown in part', () => {
    expect(() => parseJudgement('{'.repeat(5_000_000))).toThrow(/^.{0,400}$/);
  });
});
