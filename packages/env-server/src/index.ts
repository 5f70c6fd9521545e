export { serveEnv } from './serve-env.js';
export type * from './types.js';
