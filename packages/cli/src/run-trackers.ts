import {
  csv,
  mlflow,
  type RunStatus,
  type Sink,
  type Tracking,
  tensorBoard,
  track,
  wandb,
} from '@grpo/trackers';
import type { Tracker } from '@grpo/trainer';
import { CommandError, EXIT, messageOf } from './command-error.js';
import type { Experiment, SinkName } from './types.js';

const sinks: Readonly<Record<SinkName, () => Sink>> = {
  tensorboard: tensorBoard,
  wandb: () => wandb(),
  mlflow: () => mlflow(),
  csv,
};

/** What a run is told to, and how it is told that the run has ended. */
export interface RunTrackers {
  readonly trackers: readonly Tracker[];
  close(status: RunStatus): Promise<void>;
}

/**
 * The trackers of an experiment for one run. Sinks follow the run's folder from its first record on.
 *
 * @param say is told where a sink fails, and when it is well again
 * @throws CommandError (usage) where there is no sink of a name, or its settings are missing
 */
export function runTrackers(
  given: NonNullable<Experiment['trackers']>,
  folder: string,
  say: (message: string) => void,
): RunTrackers {
  const functions = given.filter((one) => typeof one === 'function');
  const followed = given.filter((one) => typeof one !== 'function').map(sinkOf);
  let tracking: Tracking | undefined;
  const follow: Tracker = (record) => {
    tracking ??= track(folder, followed, { say });
    return tracking.tracker(record);
  };
  return {
    trackers: followed.length > 0 ? [...functions, follow] : functions,
    close: async (status) => {
      await tracking?.close(status);
    },
  };
}

function sinkOf(given: Sink | string): Sink {
  if (typeof given === 'object') return given;
  const make = Object.hasOwn(sinks, given) ? sinks[given as SinkName] : undefined;
  if (make === undefined) {
    throw new CommandError(
      EXIT.usage,
      `grpo: needs trackers that are functions, sinks or one of ${Object.keys(sinks).join(', ')}, got "${given}". Correct the name.`,
    );
  }
  try {
    return make();
  } catch (error) {
    throw new CommandError(EXIT.usage, messageOf(error), { cause: error });
  }
}
