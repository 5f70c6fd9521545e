export { readSafetensors, writeSafetensors } from './safetensors.js';
export type * from './types.js';
