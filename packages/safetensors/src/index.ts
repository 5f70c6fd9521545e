export { openSafetensors } from './open-safetensors.js';
export { readSafetensors, writeSafetensors } from './safetensors.js';
export type * from './types.js';
