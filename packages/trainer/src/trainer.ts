import { existsSync } from 'node:fs';
import { alarmsOf } from './alarms.js';
import { type Best, bestStep } from './best-step.js';
import type { Callback, Run } from './callback.js';
import {
  checkpointFolder,
  restoreWeights,
  saveCheckpoint,
  type WeightedParts,
} from './checkpoint.js';
import { episodeLines } from './episode-lines.js';
import { type Evaluation, evaluate } from './evaluate.js';
import { type EventLevel, fileLog, type Log, type RunEventName } from './events.js';
import { RunStopped } from './failures.js';
import { isDiskFull } from './is-disk-full.js';
import { appendJsonLines, syncJsonLines } from './json-lines.js';
import { memoriesOf } from './memories.js';
import { messageOf } from './message-of.js';
import { appendMetrics } from './metrics-file.js';
import { type OpenedRun, openRun } from './open-run.js';
import type { RunFiles } from './run-files.js';
import { trainStep } from './step.js';
import type { TrainerOptions } from './trainer-options.js';
import type {
  Collected,
  MetricsRecord,
  Tracker,
  TrainConfig,
  TrainParts,
  TrainState,
} from './types.js';

const MIB = 2 ** 20;

/**
 * A run that is driven step by step; `train` drives one to its end.
 *
 * @example
 * const trainer = await Trainer.start({ parts, config: { maxSteps: 100 }, folder: 'runs/first' });
 * for await (const record of trainer) console.log(record.step, record.reward);
 * await trainer.close();
 */
export class Trainer implements Run {
  readonly parts: TrainParts;
  readonly config: TrainConfig;
  readonly files: RunFiles;
  readonly #options: TrainerOptions;
  readonly #weighted: WeightedParts;
  readonly #unlock: () => void;
  readonly #log: Log;
  readonly #records: MetricsRecord[];
  #state: TrainState;
  #savedStep: number;
  /** The weights are those of a step whose record could not be written: no checkpoint is made of them. */
  #hasLostRecord = false;
  #stopReason: string | undefined;
  #brokenTrackers = new Set<Tracker>();
  /** Episodes of the next step, where they are played while a step is learned from. */
  #ahead: Promise<Collected> | undefined;
  readonly #abandoned = new AbortController();

  private constructor(options: TrainerOptions, opened: OpenedRun) {
    this.#options = options;
    this.parts = opened.parts;
    this.config = opened.config;
    this.files = opened.files;
    this.#weighted = opened.weighted;
    this.#unlock = opened.unlock;
    this.#log = fileLog(this.files.events, (error) => this.#say(`No event was written: ${error}`));
    this.#state = opened.state;
    this.#savedStep = opened.state.step;
    this.#records = [...opened.records];
    this.#ahead = opened.state.ahead && Promise.resolve(opened.state.ahead);
  }

  /**
   * Opens a run's folder and locks it; with `resume`, restores the newest whole checkpoint.
   *
   * @throws if another process holds the folder, if it holds another run and `resume` is not set, if the configuration
   * is not the stored one, or if a field is out of range
   */
  static async start(options: TrainerOptions): Promise<Trainer> {
    const opened = await openRun(options);
    const trainer = new Trainer({ say: console.error, ...options }, opened);
    try {
      for (const { level, event, message, fields, isSaid } of opened.notices) {
        trainer.#event(level, event, message, fields, isSaid);
      }
      await trainer.#call((callback) => callback.onStart?.(trainer));
      return trainer;
    } catch (error) {
      opened.unlock();
      throw error;
    }
  }

  /** Steps finished. */
  get stepsDone(): number {
    return this.#state.step;
  }

  /** The records of the run so far, those before a resume among them. */
  get records(): readonly MetricsRecord[] {
    return this.#records;
  }

  /** The best evaluation so far, where `metricForBestModel` says what is better. */
  get best(): Best | undefined {
    const { metricForBestModel: metric, greaterIsBetter, earlyStoppingThreshold } = this.config;
    if (metric === '') return undefined;
    return bestStep(this.#records, { metric, greaterIsBetter, threshold: earlyStoppingThreshold });
  }

  /** Why the run ends, once it does. */
  get stopReason(): string | undefined {
    const { maxSteps, earlyStoppingPatience } = this.config;
    if (this.#stopReason !== undefined) return this.#stopReason;
    if (this.#state.step >= maxSteps) return `All ${maxSteps} steps are done.`;
    const best = this.best;
    if (best && earlyStoppingPatience > 0 && best.since >= earlyStoppingPatience) {
      return `No evaluation was better than that of step ${best.step} (${best.value}) for ${best.since} evaluations.`;
    }
    return undefined;
  }

  get isDone(): boolean {
    return this.stopReason !== undefined;
  }

  /** Ends the run after the step that is under way; `close` saves it. */
  requestStop(reason: string): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = reason;
    this.#event('info', 'stop-requested', reason);
  }

  /**
   * One step: rollouts, rewards, advantages, optimizer; then evaluation and checkpoint where the configuration wants
   * them. The record is written before the call returns.
   *
   * @throws RunStopped where too many episodes fail, too many optimizer steps are skipped, or the disk is full
   */
  async step(): Promise<MetricsRecord> {
    const { config, parts } = this;
    const started = performance.now();
    const before = this.#state;
    const ahead = this.#ahead;
    this.#ahead = undefined; // what fails is not asked for again
    const result = await this.#guarded(() =>
      trainStep(parts, config, {
        ...before,
        ahead,
        signal: this.#signal,
        hooks: {
          onRollouts: (collected) => this.#call((one) => one.onRollouts?.(collected, this)),
          onAdvantages: (advantages, collected) =>
            this.#call((one) => one.onAdvantages?.(advantages, collected, this)),
        },
      }),
    );
    const step = before.step + 1;
    const { metrics, position, unused, skipped, skippedInARow } = result;
    this.#ahead = result.ahead;
    const tokens = before.tokens + (metrics.num_tokens ?? 0);
    for (const reason of skipped) {
      const why = `An optimizer step was skipped: ${reason} Weights and optimizer stay as they were.`;
      this.#event('warning', 'step-skipped', why, {}, true, step);
    }
    if (config.syncRefModel && step % config.refModelSyncSteps === 0) {
      await this.#weighted.movingReference?.follow(parts.policy, config.refModelMixupAlpha);
    }
    const seconds = (performance.now() - started) / 1000;
    this.#state = { step, tokens, position, unused, skippedInARow, memories: memoriesOf(parts) };

    const evaluation = await this.#evaluation(step);
    const record: MetricsRecord = {
      ...metrics,
      ...evaluation?.metrics,
      step,
      num_tokens: tokens,
      'time/step': seconds,
      'time/tokens_per_second': (metrics.num_tokens ?? 0) / seconds,
      ...prefixed('time', result.seconds),
      'memory/rss_mib': process.memoryUsage.rss() / MIB,
      ...this.#options.resources?.(),
    };
    this.#write(() => {
      if (config.logCompletions) {
        const lines = episodeLines(step, result.collected, result.advantages, parts.rewards);
        appendJsonLines(this.files.episodes, lines);
      }
      appendMetrics(this.files.metrics, record);
    });
    this.#records.push(record);
    await this.#report(record, evaluation);

    const isBest = evaluation !== undefined && this.best?.step === step;
    if (step % config.saveSteps === 0 || isBest) await this.#saveOrTell();
    if (skippedInARow > config.maxSkippedSteps) {
      throw this.#failed(
        new RunStopped(
          `trainStep: needs a finite loss and gradient, got none in ${skippedInARow} optimizer steps in a row. The last: ${skipped.at(-1)} Lower the learning rate, or look at rewards and log-probs of the last episodes.`,
        ),
      );
    }
    return record;
  }

  /** Steps until the run is done. */
  async *[Symbol.asyncIterator](): AsyncGenerator<MetricsRecord> {
    while (!this.isDone) yield await this.step();
  }

  /** Evaluates the policy as it is on `evalDataset`, or on another dataset. */
  async evaluate(dataset = this.#options.evalDataset): Promise<Evaluation> {
    if (dataset === undefined) {
      throw new Error(
        'evaluate: needs a dataset, got none. Pass one, or evalDataset at the start.',
      );
    }
    return evaluate(this.parts, this.config, dataset, { signal: this.#options.signal });
  }

  /** Writes a checkpoint of the run as it is. @returns its folder */
  async save(): Promise<string> {
    const best = this.best?.step;
    const { saveTotalLimit } = this.config;
    const { checkpoints, metrics, episodes } = this.files;
    const ahead = await this.#ahead?.catch(() => undefined); // so that a resume goes on with them
    for (const records of [metrics, episodes]) syncJsonLines(records); // before what goes on after them
    const folder = await saveCheckpoint(
      checkpoints,
      this.#weighted,
      { ...this.#state, ahead },
      saveTotalLimit,
      best,
    );
    this.#savedStep = this.#state.step;
    this.#event('info', 'checkpoint-saved', `Saved ${folder}.`, {}, false);
    await this.#call((callback) => callback.onSave?.(folder, this));
    return folder;
  }

  /**
   * Saves what is not saved yet, unless its record is lost; takes the best weights where the configuration wants them, and gives the folder back.
   *
   * @throws if the last checkpoint cannot be written
   */
  async close(): Promise<void> {
    try {
      const isSaved = this.#savedStep === this.#state.step;
      if (!isSaved && !this.#hasLostRecord) await this.save();
      const best = this.best;
      if (this.config.loadBestModelAtEnd && best && this.isDone) {
        const folder = checkpointFolder(this.files.checkpoints, best.step);
        if (existsSync(folder)) await restoreWeights(this.#weighted, { folder });
      }
      const why = this.stopReason ?? 'Closed before its end.';
      this.#event('info', 'finished', why, {}, false);
      await this.#call((callback) => callback.onEnd?.(this));
    } finally {
      this.#unlock();
    }
  }

  /** Gives the folder back without saving: after an error. */
  abandon(): void {
    this.#abandoned.abort(new Error('train: the run is given up.'));
    this.#unlock();
  }

  async #evaluation(step: number): Promise<Evaluation | undefined> {
    const { evalDataset } = this.#options;
    const { evalSteps } = this.config;
    if (!evalDataset || evalSteps === 0 || step % evalSteps !== 0) return undefined;
    await this.#ahead?.catch(() => {}); // an evaluation publishes other weights than these are played with
    return this.evaluate(evalDataset);
  }

  get #signal(): AbortSignal {
    const { signal } = this.#options;
    return signal ? AbortSignal.any([signal, this.#abandoned.signal]) : this.#abandoned.signal;
  }

  async #report(record: MetricsRecord, evaluation: Evaluation | undefined): Promise<void> {
    for (const alarm of alarmsOf(this.#records, this.#options.alarms)) {
      this.#event('warning', 'alarm', alarm.message, { ...alarm });
      await this.#call((callback) => callback.onAlarm?.(alarm, this));
    }
    for (const track of this.#options.trackers ?? []) {
      try {
        await track(record);
      } catch (error) {
        const isNew = !this.#brokenTrackers.has(track);
        this.#brokenTrackers.add(track);
        const message = `A tracker failed, and training goes on: ${messageOf(error)}`;
        this.#event('warning', 'tracker-failed', message, {}, isNew);
      }
    }
    await this.#call((callback) => callback.onStep?.(record, this));
    if (evaluation) await this.#call((callback) => callback.onEvaluate?.(evaluation, this));
  }

  /** A checkpoint that the disk has no room for is told of; the one before it stays. */
  async #saveOrTell(): Promise<void> {
    try {
      await this.save();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      const message = `No checkpoint of step ${this.#state.step}: the disk is full (${messageOf(error)}). The one before stays; make room.`;
      this.#event('error', 'checkpoint-failed', message);
    }
  }

  #write(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#hasLostRecord = true;
      if (!isDiskFull(error)) throw error;
      throw this.#failed(
        new RunStopped(
          `train: needs room for its records in ${this.#options.folder}, got a full disk (${messageOf(error)}). Make room and resume; the last checkpoint is that of step ${this.#savedStep}.`,
        ),
      );
    }
  }

  /** What a step throws is written down; a run that stops itself is saved, for nothing has moved since its last step. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#failed(error);
      if (error instanceof RunStopped && this.#savedStep !== this.#state.step) {
        await this.#saveOrTell().catch((why) => {
          const message = `No checkpoint of step ${this.#state.step}: ${messageOf(why)} The one before stays.`;
          this.#event('error', 'checkpoint-failed', message); // the first error is the one that tells
        });
      }
      throw error;
    }
  }

  #failed<E>(error: E): E {
    this.#event('error', 'failed', messageOf(error), {}, false);
    return error;
  }

  async #call(tell: (callback: Callback) => void | Promise<void> | undefined): Promise<void> {
    for (const callback of this.#options.callbacks ?? []) await tell(callback);
  }

  #event(
    level: EventLevel,
    event: RunEventName,
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
    isSaid = true,
    step = this.#state.step,
  ): void {
    this.#log({ time: new Date().toISOString(), level, event, step, message, fields });
    if (isSaid) this.#say(message);
  }

  #say(message: string): void {
    this.#options.say?.(message);
  }
}

function prefixed(prefix: string, numbers: Readonly<Record<string, number>>) {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [`${prefix}/${name}`, value]),
  );
}
