import { resolve } from 'node:path';
import type { BackendName } from '@grpo/tensor';
import { evaluate, type Rollout, resolveConfig } from '@grpo/trainer';
import { assemble } from '../assemble.js';
import { before, CommandError, EXIT, type ExitCode } from '../command-error.js';
import { progressLine } from '../live/progress-line.js';
import { experimentOf, readExperiment } from '../load-experiment.js';
import { modelTarget } from '../model-target.js';
import type { Output } from '../output.js';
import { readDataset } from '../read-dataset.js';
import { experimentPath } from '../run-folder.js';
import { startBackend } from '../start-backend.js';
import { oneLine, short, table } from '../text.js';

/** What `grpo eval` is asked for. */
export interface EvalRequest {
  /** A run or a model folder. Default: the model of the config file, as it is before training. */
  readonly target?: string | undefined;
  readonly file?: string | undefined;
  /** A file of tasks instead of the experiment's `evalDataset`. */
  readonly data?: string | undefined;
  readonly checkpoint: string;
  readonly backend?: BackendName | undefined;
  /** Sampled answers per task, for pass@k. */
  readonly samples?: number | undefined;
  /** Answers that are shown. */
  readonly show: number;
}

/** Evaluates a model on tasks kept out of training, with the environment and the rewards of an experiment. */
export async function evalCommand(request: EvalRequest, output: Output): Promise<ExitCode> {
  const target =
    request.target === undefined
      ? undefined
      : await modelTarget(request.target, request.checkpoint, output.note);
  const file = await readExperiment(request.file ?? (target?.run && experimentPath(target.run)));
  const named = typeof file.exported === 'object' ? file.exported.backend : undefined;
  const backend = await startBackend(request.backend ?? named);
  const experiment = await experimentOf(file);
  const given = { maxSteps: 1, ...experiment.config, ...target?.run?.config };
  const config = await before(EXIT.usage, () =>
    resolveConfig({
      ...given,
      ...(request.samples !== undefined && { numGenerationsEval: request.samples }),
    }),
  );
  const { parts, policy, evalDataset, where, dispose } = await before(EXIT.usage, () =>
    // A reference and a critic take no part in an evaluation.
    assemble(
      { ...withoutCritic(experiment), reference: false },
      file.folder,
      backend.name,
      output.note,
      target?.folder,
    ),
  );
  try {
    const { data } = request;
    const dataset =
      data === undefined ? evalDataset : await before(EXIT.usage, () => readDataset(resolve(data)));
    if (dataset === undefined) {
      throw new CommandError(
        EXIT.usage,
        `grpo eval: needs tasks, got no evalDataset in ${file.path}. Add one, or name a file: --data held-out.jsonl`,
      );
    }
    output.note(
      `${where ?? `Backend: ${backend.description}`}. ${dataset.tasks.length} tasks of ${dataset.name}.`,
    );
    const progress = progressLine(output);
    const { metrics, rollouts } = await evaluate({ ...parts, policy }, config, dataset, {
      onProgress: progress.show,
    });
    progress.close();
    const examples = rollouts.slice(0, request.show).map(exampleOf);
    output.json({
      model: target?.folder ?? file.path,
      tasks: dataset.tasks.length,
      metrics,
      examples,
    });
    for (const line of table(Object.entries(metrics).map(([name, value]) => [name, short(value)])))
      output.line(line);
    for (const { prompt, completion } of examples) output.line(`  ${prompt}  ->  ${completion}`);
    return EXIT.done;
  } finally {
    await dispose();
  }
}

function withoutCritic<T extends { readonly critic?: unknown }>(experiment: T): Omit<T, 'critic'> {
  const { critic: _, ...rest } = experiment;
  return rest;
}

function exampleOf({ task, episode }: Rollout) {
  const prompt = oneLine(task.messages.at(-1)?.content ?? '');
  return { task: task.id, prompt, completion: oneLine(episode.completion) };
}
