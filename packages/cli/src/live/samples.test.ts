import { expect, it } from 'vitest';
import { samplesOf } from './samples.js';

it('a sample has its rewards by name and their weighted sum, what does not apply counts nothing', () => {
  const messages = [{ role: 'user' as const, content: '1+1' }];
  const rollouts = [{ episode: { messages } }] as unknown as Parameters<
    typeof samplesOf
  >[0]['rollouts'];
  const rewards = [
    { name: 'a', fn: () => 1 },
    { name: 'b', fn: () => 1, weight: 0.5 },
    { name: 'c', fn: () => null },
  ];
  const collected = { rollouts, scores: { values: [[1, 1, null]], failures: [] } };
  expect(samplesOf(collected, rewards)).toEqual([
    { messages, rewards: { a: 1, b: 1, c: null }, reward: 1.5 },
  ]);
});
