import { groupRelative } from '@grpo/advantage';
import { clippedLoss } from '@grpo/policy-loss';
import { expect, test } from 'vitest';
import { gaeEstimator } from './gae-estimator.js';
import { resolveParts } from './resolve-parts.js';
import type { NamedParts } from './types.js';

const critic = {} as NonNullable<NamedParts['critic']>;
const parts = (change: Partial<NamedParts>) =>
  ({ advantage: groupRelative(), loss: clippedLoss(), ...change }) as NamedParts;
const batch = { rewards: [[1], [0]], groupIds: ['a', 'a'] };

test('parts that are there stay as they are', () => {
  const given = parts({});
  expect(resolveParts(given)).toEqual(given);
  const advantage = gaeEstimator();
  expect(resolveParts(parts({ advantage, critic })).advantage).toBe(advantage);
});

test('advantages and losses go by their names, with options', () => {
  const { advantage } = resolveParts(parts({ advantage: 'rloo' }));
  expect(typeof advantage === 'function' && [...advantage(batch).advantages]).toEqual([1, -1]);
  const { loss } = resolveParts(parts({ loss: { name: 'clipped', epsilon: 0.5 } }));
  const input = { logProbs: [Math.log(1.4)], oldLogProbs: [0], advantages: [1], mask: [1] };
  expect(loss({ ...input, shape: [1, 1] }).loss).toBeCloseTo(-1.4, 12); // ε of 0.2 would clip to 1.2
});

test('gae is found by its name, and its options are checked', () => {
  const { advantage } = resolveParts(parts({ critic, advantage: { name: 'gae', lambda: 1 } }));
  expect('perToken' in advantage).toBe(true);
  const misspelt = parts({ critic, advantage: { name: 'gae', lamda: 1 } });
  expect(() => resolveParts(misspelt)).toThrow("'gae' has no option 'lamda'");
});

test('what has no part is refused', () => {
  expect(() => resolveParts(parts({ advantage: 'gae' }))).toThrow('per token need a critic');
  expect(() => resolveParts(parts({ advantage: 'grop' }))).toThrow("is named 'grop'");
  expect(() => resolveParts(parts({ loss: 'cliped' }))).toThrow("is named 'cliped'");
});
