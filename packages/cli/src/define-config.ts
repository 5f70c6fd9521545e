import type { ExperimentExport } from './types.js';

/**
 * Names the type of a config file, so that an editor completes its fields and marks wrong ones.
 *
 * @returns what it was given
 * @example export default defineConfig({ model: 'models/small', dataset: 'train.jsonl', rewards: ['exactAnswer'] });
 */
export function defineConfig<T extends ExperimentExport>(experiment: T): T {
  return experiment;
}
