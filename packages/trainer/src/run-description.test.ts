import { groupRelative } from '@grpo/advantage';
import { expect, test } from 'vitest';
import { describeRun } from './run-description.js';

test('parts stand under their names, functions as custom, and facts as given', () => {
  const description = describeRun(
    {
      advantage: groupRelative(),
      loss: { name: 'dapo', epsilon: 0.1 },
      rewards: [
        { name: 'answer', fn: () => 1 },
        { name: 'format', fn: () => 1, weight: 0.1 },
      ],
      preset: 'balanced',
    },
    { model: 'tiny' },
  );
  expect(description).toMatchObject({
    preset: 'balanced',
    advantage: 'custom',
    loss: { name: 'dapo', epsilon: 0.1 },
    rewards: { answer: 1, format: 0.1 },
    node: process.versions.node,
    facts: { model: 'tiny' },
  });
  expect(describeRun({ advantage: 'rloo', loss: 'grpo', rewards: [] })).toMatchObject({
    advantage: 'rloo',
    loss: 'grpo',
    facts: {},
  });
});
