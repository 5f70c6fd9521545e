import { describe, expect, it } from 'vitest';
import { checkShare, checkTokens } from './token-batch.js';

const layout = { mask: [1, 1, 0, 1], shape: [2, 2] as const };

describe('checkTokens', () => {
  it('accepts numbers that fit, whatever stands at masked positions', () => {
    expect(() => checkTokens('here', layout, { values: [1, 2, Number.NaN, 3] })).not.toThrow();
  });

  it('names the array, its shape and the position', () => {
    expect(() => checkTokens('here', layout, { values: [1] })).toThrow(
      'here: values needs shape [2, 2], got 1 numbers.',
    );
    expect(() => checkTokens('here', layout, { values: [1, 1, 1, 1 / 0] })).toThrow(
      'here: values needs finite numbers where the mask is 1, got Infinity at [1, 1].',
    );
  });
});

describe('checkShare', () => {
  it('accepts 0 to 1 and nothing else', () => {
    for (const value of [0, 0.5, 1]) expect(() => checkShare('here', 'x', value)).not.toThrow();
    for (const value of [-0.1, 1.1, Number.NaN]) {
      expect(() => checkShare('here', 'x', value)).toThrow('here: x needs a number from 0 to 1');
    }
  });
});
