import { describe, expect, it } from 'vitest';
import { createRegistry } from './registry.js';

function shapes() {
  const registry = createRegistry<() => string>('shape');
  const circle =
    ({ radius = 1 }: { readonly radius?: number } = {}) =>
    () =>
      `circle ${radius}`;
  registry.register('circle', circle, ['radius']);
  registry.register('dot', () => () => 'dot');
  return registry;
}

describe('createRegistry', () => {
  it('makes parts by name, with options', () => {
    expect(shapes().create('circle')()).toBe('circle 1');
    expect(shapes().create('circle', { radius: 2 })()).toBe('circle 2');
    expect(shapes().names()).toEqual(['circle', 'dot']);
  });

  it('resolves a name, a name with options, and a part itself', () => {
    const own = () => 'own';
    expect(shapes().resolve('dot')()).toBe('dot');
    expect(shapes().resolve({ name: 'circle', radius: 3 })()).toBe('circle 3');
    expect(shapes().resolve(own)).toBe(own);
  });

  it('refuses unknown names and options, and says which there are', () => {
    expect(() => shapes().create('square')).toThrow(
      "create: no shape is named 'square'. Use one of circle, dot, or register it first.",
    );
    expect(() => shapes().create('circle', { radios: 2 })).toThrow(
      "create: the shape 'circle' has no option 'radios'. It takes radius.",
    );
    expect(() => shapes().create('circle', { radius: '2' })).toThrow(
      "create: the option 'radius' of the shape 'circle' needs a number, got the text '2'. Remove the quotes.",
    );
    expect(() => shapes().resolve({ name: 'dot', size: 1 })).toThrow('It takes none.');
    expect(() => shapes().create('toString')).toThrow('no shape');
  });

  it('does not let a name be taken twice', () => {
    expect(() => shapes().register('dot', () => () => 'other')).toThrow(
      "register: the shape 'dot' is taken. Choose another name.",
    );
  });
});
