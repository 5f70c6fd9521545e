import type { Dataset } from '@grpo/envs';
import type { AlarmLimits } from './alarms.js';
import type { Callback } from './callback.js';
import type { GivenConfig } from './config.js';
import type { NamedParts, Tracker } from './types.js';

/** A run: what is trained, how, and where its folder is. */
export interface TrainerOptions {
  /** Advantage and loss may be left out where a preset brings them. */
  readonly parts: Omit<NamedParts, 'advantage' | 'loss'> &
    Partial<Pick<NamedParts, 'advantage' | 'loss'>>;
  /** What it holds goes before what the preset holds. */
  readonly config: GivenConfig;
  /** Settings that belong together, by name; see `presets`. */
  readonly preset?: string;
  /** The run's folder. Locked while the run is open. */
  readonly folder: string;
  /** Tasks kept out of training, for evaluations. */
  readonly evalDataset?: Dataset;
  /** Go on from the newest whole checkpoint in the folder, if there is one. Default false. */
  readonly resume?: boolean;
  /** Are told of every record, after it was written. One that throws is told of and passed over. */
  readonly trackers?: readonly Tracker[];
  /** Take part in the run: they are awaited, and what they throw ends it. */
  readonly callbacks?: readonly Callback[];
  /** When alarms go off. */
  readonly alarms?: AlarmLimits;
  /** Facts to be kept with the run: backend, model, data. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** Numbers to be logged with each record, such as `() => ({ 'memory/tensors': countTensors() })`. */
  readonly resources?: () => Readonly<Record<string, number>>;
  /** Cancels the step that is under way; the run can be resumed from its last checkpoint. */
  readonly signal?: AbortSignal;
  /** Is told what a person should know, such as where a resume goes on. Default: standard error. */
  readonly say?: (message: string) => void;
}
