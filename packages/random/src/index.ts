export { keyedRandom } from './keyed-random.js';
export { keyedSeed } from './keyed-seed.js';
export { shuffled } from './shuffled.js';
export type * from './types.js';
