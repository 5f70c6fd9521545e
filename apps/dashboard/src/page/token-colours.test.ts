import { expect, test } from 'vitest';
import { tokenLook, visibleToken } from './token-colours.js';

const episode = { mask: [0, 1, 1, 1], logProbs: [0, 0, -2.5, -80], advantage: -1 };

test('colour grows with surprise, and tokens that the model only saw have none', () => {
  const heats = [0, 1, 2, 3].map((t) => tokenLook(episode, t, 'probability').heat);
  expect(heats).toEqual([0, 0, 0.5, 1]);
  expect(tokenLook(episode, 0, 'probability').hue).toBe('none');
});

test('an advantage has the hue of its sign', () => {
  expect(tokenLook(episode, 1, 'advantage')).toEqual({ hue: 'negative', heat: 0.5 });
  expect(tokenLook({ ...episode, advantage: 9 }, 1, 'advantage')).toEqual({
    hue: 'positive',
    heat: 1,
  });
  expect(tokenLook({ ...episode, advantage: null }, 1, 'advantage').hue).toBe('none');
  expect(tokenLook(episode, 0, 'advantage').hue).toBe('none');
});

test('a token with an advantage of its own has its hue', () => {
  const own = { ...episode, advantages: [0, 1, 0, -4] };
  const looks = [0, 1, 2, 3].map((t) => tokenLook(own, t, 'advantage'));
  expect(looks.map(({ hue }) => hue)).toEqual(['none', 'positive', 'none', 'negative']);
  expect(looks.map(({ heat }) => heat)).toEqual([0, 0.5, 0, 1]);
});

test('the mask is told by its own hue', () => {
  expect([0, 1].map((t) => tokenLook(episode, t, 'mask').hue)).toEqual(['seen', 'own']);
});

test('tokens that cannot be seen get a sign', () => {
  expect(['', '\n', '\t', ' a'].map(visibleToken)).toEqual(['·', '↵\n', '⇥\t', ' a']);
});
