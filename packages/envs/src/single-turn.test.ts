import { expect, test } from 'vitest';
import { singleTurn } from './single-turn.js';

test('a question, an answer, and the end without a reward of its own', async () => {
  const messages = [{ role: 'user' as const, content: '1+1' }];
  const env = singleTurn()({ id: 'a', messages, row: {} });
  expect(await env.reset({ seed: 1 })).toEqual({ messages });
  expect(await env.step({ role: 'assistant', content: '2' })).toEqual({
    messages: [],
    reward: 0,
    terminated: true,
    truncated: false,
    stopReason: 'completed',
  });
  await env.close();
});
