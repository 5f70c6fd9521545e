import { expect, test } from 'vitest';
import { checkFailures, RunStopped } from './failures.js';

const reward = (episode: number) => ({
  episode,
  kind: 'reward/answer/invalid',
  reason: `Reward "answer" returned NaN for episode ${episode}.`,
});

test('failures up to the share are gone along with', () => {
  expect(() => checkFailures([reward(0), reward(1)], 4, 0.5)).not.toThrow();
  expect(() => checkFailures([], 4, 0)).not.toThrow();
});

test('an episode that failed twice counts once', () => {
  expect(() => checkFailures([reward(0), reward(0), reward(0)], 4, 0.25)).not.toThrow();
});

test('more stop the run with the commonest kind and an example', () => {
  const failures = [reward(0), { episode: 1, kind: 'env/thrown', reason: 'closed' }, reward(2)];
  const check = () => checkFailures(failures, 4, 0.5);
  expect(check).toThrow(RunStopped);
  expect(check).toThrow(
    'needs at least 2 of 4 episodes without a failure, got 1. Commonest is reward/answer/invalid (2 times): Reward "answer" returned NaN for episode 0.',
  );
});
