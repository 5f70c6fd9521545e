export { openSafetensors } from './open-safetensors.js';
export { openShards } from './open-shards.js';
export { readSafetensors, writeSafetensors } from './safetensors.js';
export type * from './types.js';
export { writeShards } from './write-shards.js';
