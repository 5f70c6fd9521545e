import type { LogProbModel, Sampler, TrainablePolicy } from '@grpo/policy';
import type { BackendName } from '@grpo/tensor';
import type { Critic } from '@grpo/trainer';

/** The model of an experiment, wherever it runs. */
export interface OpenedModel {
  readonly policy: TrainablePolicy;
  /** Default: the policy's own. */
  readonly sampler?: Sampler;
  /** Tokenizer and chat template. */
  readonly textFiles: ReadonlyMap<string, string>;
  readonly reference?: LogProbModel | undefined;
  readonly critic?: Critic | undefined;
  /** Where it runs, for people; absent for the backend of this process. */
  readonly where?: string;
  /** For the run's run.json. */
  readonly facts: Readonly<Record<string, string | number>>;
  dispose(): Promise<void>;
}

/** How a model is opened. */
export interface OpenOptions {
  /** What paths of the experiment are relative to. */
  readonly folder: string;
  /** A model folder to be opened instead of the experiment's, such as that of a checkpoint. */
  readonly checkpoint?: string | undefined;
  readonly needsReference: boolean;
  /** What computes in this process. */
  readonly backend: BackendName;
  /** Is told what takes a while. */
  readonly note: (message: string) => void;
}
