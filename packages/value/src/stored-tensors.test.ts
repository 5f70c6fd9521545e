import { countTensors, dispose, initBackend, tensor } from '@grpo/tensor';
import { beforeAll, expect, it } from 'vitest';
import { fromStored, toStored, withoutPrefix, withPrefix } from './stored-tensors.js';

beforeAll(async () => {
  await initBackend('cpu');
});

const weights = () => ({ w: tensor([1, 2, 3, 4], [2, 2]), b: tensor([5], [1]) });

it('what is stored comes back, number for number', () => {
  const like = weights();
  const stored = new Map(toStored('weights.', like));
  expect([...stored.keys()]).toEqual(['weights.w', 'weights.b']);
  const back = fromStored('weights.', like, stored, 'the test');
  expect(back.w.shape).toEqual([2, 2]);
  expect([...back.w.dataSync(), ...back.b.dataSync()]).toEqual([1, 2, 3, 4, 5]);
  dispose([like, back]);
});

it.each([
  ['another shape', { shape: [4], data: new Float32Array(4) }, '[4]'],
  ['none', undefined, 'none'],
])('refuses %s, says so, and leaves no tensor', (_, entry, got) => {
  const like = weights();
  const stored = new Map(toStored('', like));
  stored.delete('w');
  if (entry) stored.set('w', entry);
  const before = countTensors();
  expect(() => fromStored('', like, stored, 'the test')).toThrow(
    `load: needs "w" of shape [2, 2], got ${got} in the test`,
  );
  expect(countTensors()).toBe(before);
  dispose(like);
});

it('prefixes are put on and taken off, and choose', () => {
  const { w, b } = weights();
  const joined = { ...withPrefix('head.', { w }), ...withPrefix('backbone.', { w: b }) };
  expect(Object.keys(joined)).toEqual(['head.w', 'backbone.w']);
  expect(withoutPrefix('head.', joined)).toEqual({ w });
  expect(withoutPrefix('backbone.', joined)).toEqual({ w: b });
  dispose([w, b]);
});
