export { EXIT, type ExitCode } from './command-error.js';
export { defineConfig } from './define-config.js';
export { main } from './main.js';
export type * from './types.js';
