import { checkCommand } from '@grpo/rewards';
import type { ExitCode } from '../command-error.js';
import { loadModule } from '../load-module.js';
import type { Output } from '../output.js';

/** Runs rewards over sample episodes; the statuses 0, 1 and 2 mean what they mean everywhere. */
export async function rewardsCheck(args: readonly string[], output: Output): Promise<ExitCode> {
  const status = await checkCommand(
    [...args, ...(output.isJson ? ['--json'] : [])],
    { out: (text) => output.write(`${text}\n`), error: output.note },
    { load: loadModule },
  );
  return status as ExitCode;
}
