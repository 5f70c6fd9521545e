import type { TrainConfig } from '@grpo/trainer';
import { CommandError, EXIT, type ExitCode } from '../command-error.js';
import type { Output } from '../output.js';
import { experimentPath, readRun } from '../run-folder.js';
import { type TrainRequest, train } from './train.js';

/**
 * Goes on with a run from its newest whole checkpoint, with the numbers that it was started with.
 *
 * @param folder the run
 * @param request its config file, where it is not the one that the run was started with, and fields to change
 */
export async function resume(
  folder: string,
  request: Omit<TrainRequest, 'folder' | 'isResumed' | 'preset'>,
  output: Output,
): Promise<ExitCode> {
  const run = readRun(folder);
  const file = request.file ?? experimentPath(run);
  if (file === undefined) {
    throw new CommandError(
      EXIT.usage,
      `grpo resume: needs the config file that ${folder} was started with, got none in its run.json. Name it: grpo resume ${folder} --config grpo.config.ts`,
    );
  }
  const config: Partial<TrainConfig> = { ...run.config, ...request.config };
  const { preset } = run.description;
  return train({ ...request, file, folder, preset, config, isResumed: true }, output);
}
