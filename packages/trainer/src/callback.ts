import type { Dataset } from '@grpo/envs';
import type { Alarm } from './alarms.js';
import type { Best } from './best-step.js';
import type { Evaluation } from './evaluate.js';
import type { RunFiles } from './run-files.js';
import type { Collected, MetricsRecord, TrainConfig, TrainParts } from './types.js';

/** A run as its callbacks see it. */
export interface Run {
  readonly parts: TrainParts;
  readonly config: TrainConfig;
  readonly files: RunFiles;
  /** Steps finished. */
  readonly stepsDone: number;
  /** The records of the run so far, those before a resume among them. */
  readonly records: readonly MetricsRecord[];
  /** The best evaluation so far, where `metricForBestModel` says what is better. */
  readonly best: Best | undefined;
  /** Ends the run after the step that is under way. */
  requestStop(reason: string): void;
  /** Evaluates the policy as it is on `evalDataset`, or on another dataset. */
  evaluate(dataset?: Dataset): Promise<Evaluation>;
  /** Writes a checkpoint of the run as it is. @returns its folder */
  save(): Promise<string>;
}

/** Takes part in a run, at every seam. Each function is awaited; what it throws ends the run. */
export interface Callback {
  onStart?(run: Run): void | Promise<void>;
  /** After a step's episodes were played and scored. */
  onRollouts?(collected: Collected, run: Run): void | Promise<void>;
  /** Before the policy learns. @param advantages [B] or [B, T] of `collected.rollouts` */
  onAdvantages?(advantages: Float64Array, collected: Collected, run: Run): void | Promise<void>;
  /** After a step was written. */
  onStep?(record: MetricsRecord, run: Run): void | Promise<void>;
  onEvaluate?(evaluation: Evaluation, run: Run): void | Promise<void>;
  onAlarm?(alarm: Alarm, run: Run): void | Promise<void>;
  /** After a checkpoint was written. */
  onSave?(folder: string, run: Run): void | Promise<void>;
  onEnd?(run: Run): void | Promise<void>;
}
