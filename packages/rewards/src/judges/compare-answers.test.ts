import { expect, test } from 'vitest';
import { functionChatModel } from '../chat-models/function-chat-model.js';
import { compareAnswers } from './compare-answers.js';
import { createJudge } from './create-judge.js';

/** A judge with an opinion on the texts at A and B. */
function judge(better: (a: string, b: string) => string) {
  return createJudge(
    functionChatModel(([, { content }]) => {
      const at = (name: string) =>
        new RegExp(`<untrusted name="${name}">\n(.*?)\n</untrusted>`, 's').exec(content)?.[1] ?? '';
      return JSON.stringify({ reasoning: '', better: better(at('A'), at('B')) });
    }),
  );
}

const pair = { prompt: [], first: 'good', second: 'bad' };
const compare = (better: (a: string, b: string) => string) =>
  compareAnswers(judge(better), 'It is good.', pair);

test('an answer that is preferred in both orders wins', async () => {
  expect(await compare((a) => (a === 'good' ? 'A' : 'B'))).toEqual({ value: 1 });
  expect(await compare((a) => (a === 'bad' ? 'A' : 'B'))).toEqual({ value: 0 });
});

test('a judge that favours a place gives a tie', async () => {
  expect(await compare(() => 'A')).toEqual({ value: 0.5 });
  expect(await compare(() => 'B')).toEqual({ value: 0.5 });
});

test('a win in one order and a tie in the other is a tie', async () => {
  expect(await compare((a) => (a === 'good' ? 'A' : 'tie'))).toEqual({ value: 0.5 });
});

test('one order without a verdict is no verdict', async () => {
  expect(await compare((a) => (a === 'good' ? 'A' : 'neither'))).toMatchObject({
    unavailable: 'malformed',
  });
});

test('equal answers tie without a call', async () => {
  const asked = judge(() => expect.unreachable('it should not be asked'));
  expect(await compareAnswers(asked, '', { ...pair, second: 'good' })).toEqual({ value: 0.5 });
});
