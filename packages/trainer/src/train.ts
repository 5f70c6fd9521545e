import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '@grpo/envs';
import { latestCheckpoint, restoreWeights, saveCheckpoint } from './checkpoint.js';
import { checkSameConfig, resolveConfig } from './config.js';
import { evaluate } from './evaluate.js';
import { RunStopped } from './failures.js';
import { memoriesOf, restoreMemories } from './memories.js';
import { appendMetrics, keepMetricsUpTo, readMetrics } from './metrics-file.js';
import { resolveParts } from './resolve-parts.js';
import { trainStep } from './step.js';
import type { MetricsRecord, NamedParts, Tracker, TrainConfig, TrainState } from './types.js';

/** A run: what is trained, how, and where its folder is. */
export interface TrainOptions {
  readonly parts: NamedParts;
  readonly config: Partial<TrainConfig> & Pick<TrainConfig, 'maxSteps'>;
  /** The run's folder: config.json, metrics.jsonl, checkpoints/. */
  readonly folder: string;
  /** Tasks kept out of training, for evaluations. */
  readonly evalDataset?: Dataset;
  /** Go on from the newest whole checkpoint in the folder, if there is one. Default false. */
  readonly resume?: boolean;
  /** Are told of every record, after it was written. */
  readonly trackers?: readonly Tracker[];
  /** Facts to be kept with the run: backend, versions, the names of its parts. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** Is told what a person should know, such as where a resume goes on. Default: standard error. */
  readonly say?: (message: string) => void;
}

/**
 * Trains from step 0, or from the last checkpoint, to `maxSteps`.
 * A resumed run writes the records that it would have written without the break.
 *
 * @returns the records of the whole run
 * @throws if the folder holds another run and `resume` is not set, or if too many episodes fail
 */
export async function train({
  parts: givenParts,
  config: given,
  folder,
  evalDataset,
  resume = false,
  trackers = [],
  facts = {},
  say = (message) => console.error(message),
}: TrainOptions): Promise<readonly MetricsRecord[]> {
  const parts = resolveParts(givenParts);
  const config = resolveConfig(given);
  const checkpoints = join(folder, 'checkpoints');
  const metricsPath = join(folder, 'metrics.jsonl');
  mkdirSync(checkpoints, { recursive: true });

  let state = await startingState();
  const save = () => saveCheckpoint(checkpoints, parts, state, config.saveTotalLimit);
  while (state.step < config.maxSteps) {
    const started = performance.now();
    let metrics: Record<string, number>;
    try {
      metrics = await trainStep(parts, config, state.step);
    } catch (error) {
      // Nothing has moved since the last step where a run stops itself; after other errors it may have.
      if (error instanceof RunStopped) await save();
      throw error;
    }
    const step = state.step + 1;
    state = { step, tokens: state.tokens + metrics.num_tokens, memories: memoriesOf(parts) };
    const seconds = (performance.now() - started) / 1000;
    if (evalDataset && config.evalSteps > 0 && step % config.evalSteps === 0) {
      Object.assign(metrics, (await evaluate(parts, config, evalDataset)).metrics);
    }
    const record: MetricsRecord = {
      ...metrics,
      step,
      num_tokens: state.tokens,
      'time/step': seconds,
      'time/tokens_per_second': metrics.num_tokens / seconds,
    };
    appendMetrics(metricsPath, record);
    for (const track of trackers) await track(record);
    if (step % config.saveSteps === 0 || step === config.maxSteps) await save();
  }
  return readMetrics(metricsPath);

  /** Step 0, or the state of the checkpoint that the run goes on from. */
  async function startingState(): Promise<TrainState> {
    const checkpoint = resume ? await latestCheckpoint(checkpoints, say) : undefined;
    if (checkpoint === undefined) {
      if (!resume && readMetrics(metricsPath).length > 0) {
        throw new Error(
          `train: needs an empty folder, got ${folder}, which holds a run. Resume it, or choose another folder.`,
        );
      }
      const text = JSON.stringify({ ...config, facts }, null, 2);
      writeFileSync(join(folder, 'config.json'), `${text}\n`);
      keepMetricsUpTo(metricsPath, 0);
      return { step: 0, tokens: 0, memories: memoriesOf(parts) };
    }
    checkSameConfig(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')), config);
    await restoreWeights(parts, checkpoint);
    restoreMemories(parts, checkpoint.state.memories ?? {});
    keepMetricsUpTo(metricsPath, checkpoint.state.step);
    say(`Resuming after step ${checkpoint.state.step} of ${config.maxSteps}.`);
    return checkpoint.state;
  }
}
