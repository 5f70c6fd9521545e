#!/usr/bin/env node
import { checkCommand } from './check-command.js';

process.exitCode = await checkCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  error: (text) => process.stderr.write(`${text}\n`),
});
