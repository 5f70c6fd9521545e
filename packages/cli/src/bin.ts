#!/usr/bin/env node
import { main } from './main.js';

const { stdin, stdout, stderr, env } = process;
// A reader that goes away, such as `head`, ends the command quietly.
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
process.exitCode = await main(process.argv.slice(2), { stdin, stdout, stderr, env });
