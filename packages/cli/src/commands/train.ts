import type { BackendName } from '@grpo/tensor';
import type { RunStatus } from '@grpo/trackers';
import {
  type GivenConfig,
  type PresetName,
  presetNamed,
  resolveConfig,
  type TrainConfig,
  Trainer,
  type TrainerOptions,
} from '@grpo/trainer';
import { type Assembled, assemble } from '../assemble.js';
import { before, CommandError, EXIT, type ExitCode, messageOf } from '../command-error.js';
import { liveView } from '../live/live-view.js';
import { plainView } from '../live/plain-view.js';
import type { View } from '../live/view.js';
import { experimentOf, readExperiment } from '../load-experiment.js';
import { onStopSignals } from '../on-stop-signals.js';
import type { Output } from '../output.js';
import { nextRunFolder } from '../run-folder.js';
import { runTrackers } from '../run-trackers.js';
import { startBackend } from '../start-backend.js';
import { short } from '../text.js';
import type { Experiment } from '../types.js';

/** What `grpo train` and `grpo resume` are asked for. */
export interface TrainRequest {
  /** The config file. Default: `grpo.config.ts` or its like here. */
  readonly file?: string | undefined;
  /** The run's folder. Default: the next free `runs/run-N`. */
  readonly folder?: string | undefined;
  readonly preset?: string | undefined;
  readonly backend?: BackendName | undefined;
  /** Go on from the newest checkpoint in the folder. */
  readonly isResumed: boolean;
  /** Fields that go before those of the config file. */
  readonly config: Partial<TrainConfig>;
  /** Lines even where a person watches. */
  readonly isPlain: boolean;
}

/** Trains, or goes on training, until the run is done or stopped. */
export async function train(request: TrainRequest, output: Output): Promise<ExitCode> {
  if (request.isResumed && request.folder === undefined) {
    throw new CommandError(
      EXIT.usage,
      'grpo train: --resume needs --folder, got none. Or say: grpo resume runs/run-1',
    );
  }
  const file = await readExperiment(request.file);
  const named = typeof file.exported === 'object' ? file.exported.backend : undefined;
  const backend = await startBackend(request.backend ?? named);
  const experiment = withFlags(await experimentOf(file), request);
  const config = experiment.config as GivenConfig;
  const { maxSteps } = await before(EXIT.usage, () => {
    const preset = experiment.preset && presetNamed(experiment.preset);
    return resolveConfig({ ...preset?.config, ...config });
  });
  const folder = request.folder ?? nextRunFolder('runs');
  const assembled = await before(EXIT.usage, () =>
    assemble(experiment, file.folder, backend.name, output.note),
  );
  try {
    const { where = `Backend: ${backend.description}`, facts } = assembled;
    output.note(`${where}. Run: ${folder}`);
    output.note(`In a browser: grpo dashboard ${folder}`);
    const { parameters } = facts;
    const size =
      typeof parameters === 'number' ? `${short(parameters / 1e6)} M weights` : facts.model;
    return await drive(
      {
        ...parts(assembled, experiment),
        config,
        folder,
        resume: request.isResumed,
        facts: { backend: backend.name, experiment: file.path, ...facts },
      },
      {
        title: `${folder}  ${facts.backend ?? backend.name}  ${size}`,
        maxSteps,
        isPlain: request.isPlain,
        trackers: experiment.trackers ?? [],
        tryIt: `grpo ${assembled.where ? 'eval' : 'chat'} ${folder}`, // weights on a server do not chat here
      },
      output,
    );
  } finally {
    await assembled.dispose();
  }
}

/** Flags go before the config file; the numbers of a preset come last. */
function withFlags(experiment: Experiment, { preset, config }: TrainRequest): Experiment {
  return {
    ...experiment,
    ...(preset !== undefined && { preset: preset as PresetName }),
    config: { ...experiment.config, ...config },
  };
}

function parts({ parts, evalDataset }: Assembled, experiment: Experiment) {
  const { preset, alarms } = experiment;
  return {
    parts,
    ...(evalDataset && { evalDataset }),
    ...(preset !== undefined && { preset }),
    ...(alarms && { alarms }),
    callbacks: experiment.callbacks ?? [],
  };
}

/** Drives a run to its end, step by step, and shows it. */
async function drive(
  options: TrainerOptions & Required<Pick<TrainerOptions, 'callbacks'>>,
  look: {
    readonly title: string;
    readonly maxSteps: number;
    readonly isPlain: boolean;
    readonly tryIt: string;
    readonly trackers: NonNullable<Experiment['trackers']>;
  },
  output: Output,
): Promise<ExitCode> {
  const { terminal, isWatched, isJson } = output;
  const isLive = isWatched && terminal.stdin.isTTY && !isJson && !look.isPlain;
  let [isStopped, isSaveAsked] = [false, false];
  let status: RunStatus = 'failed';
  let view: View | undefined;
  const shown: NonNullable<TrainerOptions['callbacks']>[number] = {
    onAdvantages: (_, collected) => view?.onAdvantages(collected, options.parts.rewards),
    onStep: (record) => view?.onStep(record),
  };
  const say = (message: string) => (view ?? output).note(message);
  const tracking = runTrackers(look.trackers, options.folder, say);
  const trainer = await startTrainer({
    ...options,
    callbacks: [...options.callbacks, shown],
    trackers: tracking.trackers,
    say,
  });
  const stop = (why: string) => {
    isStopped = true;
    trainer.requestStop(`${why}: the step is finished and saved.`);
  };
  const release = onStopSignals((signal) => stop(`${signal} (again, to exit at once)`));
  const control = {
    stop: () => stop('Asked to stop'),
    save: () => {
      isSaveAsked = true;
    },
  };
  view = isLive ? liveView(output, look, control) : plainView(output, look.maxSteps);
  const close = onceOnly(view.close);
  process.once('exit', close); // a second signal ends the process: the terminal is given back all the same
  try {
    while (!trainer.isDone) {
      await view.gate();
      if (trainer.isDone) break;
      await trainer.step();
      if (isSaveAsked) view.note(`Saved ${await trainer.save()}.`);
      isSaveAsked = false;
    }
    await trainer.close();
    status = isStopped && trainer.stepsDone < look.maxSteps ? 'stopped' : 'finished';
  } finally {
    trainer.abandon();
    release();
    close();
    view = undefined; // what a tracker has left to say goes below the picture
    await tracking.close(status);
    process.off('exit', close);
  }
  return report(trainer, options.folder, status === 'stopped', look.tryIt, output);
}

function report(
  trainer: Trainer,
  folder: string,
  isStopped: boolean,
  tryIt: string,
  output: Output,
): ExitCode {
  const { stepsDone, stopReason } = trainer;
  const exitCode = isStopped ? EXIT.stopped : EXIT.done;
  output.json({ run: folder, steps: stepsDone, isStopped, stopReason }, false);
  output.line(
    isStopped
      ? `Stopped after step ${stepsDone}. Go on with: grpo resume ${folder}`
      : `Done: ${stepsDone} steps in ${folder}. Try it: ${tryIt}`,
  );
  return exitCode;
}

/** Opens the run; what goes wrong before the first step is told by its status. */
async function startTrainer(options: TrainerOptions): Promise<Trainer> {
  try {
    return await Trainer.start(options);
  } catch (error) {
    const message = messageOf(error);
    const isTaken = /^lockRun:|^train: needs an empty folder/.test(message);
    throw new CommandError(isTaken ? EXIT.taken : EXIT.usage, message, { cause: error });
  }
}

function onceOnly(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}
