import type { Controller } from '../types.js';

/**
 * A coefficient that never changes.
 *
 * @example fixed({ value: 0.04 }).value // 0.04
 */
export function fixed({ value = 0 }: { readonly value?: number } = {}): Controller {
  return { value, update: () => {}, save: () => ({}), load: () => {} };
}
