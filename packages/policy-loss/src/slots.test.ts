import { describe, expect, it } from 'vitest';
import { slots } from './slots.js';

describe('slots', () => {
  it('has neither KL nor entropy at 0, so that neither reference nor entropies are needed', () => {
    expect(slots({})).toMatchObject({ kl: undefined, entropy: undefined });
    expect(slots({ beta: 0, entropy: 0 })).toMatchObject({ kl: undefined, entropy: undefined });
    expect(slots({ entropy: { coefficient: 0 } }).entropy).toBeUndefined();
  });

  it('takes a number, a name or options for a coefficient', () => {
    expect(slots({ beta: 0.1 }).kl?.controllers).toBeUndefined();
    expect(slots({ beta: { name: 'linear', to: 1, steps: 5 } }).kl?.controllers).toHaveLength(1);
    expect(slots({ entropy: 0.01 }).entropy).toBeTypeOf('function');
    const entropy = { coefficient: { name: 'adaptive-entropy', target: 1 }, fraction: 0.5 };
    expect(slots({ entropy }).entropy?.controllers).toHaveLength(1);
  });
});
