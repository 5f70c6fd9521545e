export { readJsonl, writeJsonl } from './jsonl.js';
export { singleTurn } from './single-turn.js';
export { taskBatch } from './task-batch.js';
export type * from './types.js';
