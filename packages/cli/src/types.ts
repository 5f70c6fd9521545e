/**
 * Glossary
 * - Experiment: what a config file says: model, data, environment, rewards, and how to train.
 * - Run: a folder that training writes; it knows the experiment that it came from.
 * - Terminal: where a person reads and types; everywhere else lines are plain and nothing is asked.
 */
import type { Dataset, EnvFactory, TaskSource } from '@grpo/envs';
import type { SamplerChoice } from '@grpo/onnx';
import type { ChatFormatOptions, LanguageModel, LanguageModelOptions } from '@grpo/policy';
import type { AnyReward } from '@grpo/rewards';
import type { BackendName } from '@grpo/tensor';
import type { TinkerPolicyOptions } from '@grpo/tinker';
import type { Sink } from '@grpo/trackers';
import type {
  AlarmLimits,
  Callback,
  Critic,
  NamedParts,
  PresetName,
  Tracker,
  TrainConfig,
} from '@grpo/trainer';

/** A model with random weights, for tasks that are learned from nothing. */
export interface ScratchModel {
  /** The content of a config.json, such as `llamaConfigJson` makes. */
  readonly configJson: Readonly<Record<string, unknown>>;
  /** Tokenizer files by name, such as `characterTokenizerFiles` makes. */
  readonly textFiles: ReadonlyMap<string, string>;
  /** Default: the seed of the run. */
  readonly seed?: number;
}

/** What is trained, on what, for what, and how. Paths are relative to the config file. */
export interface Experiment {
  /**
   * A Hugging Face model folder, a folder of PEFT, or a model from random weights. With an engine elsewhere, only
   * tokenizer, chat template and context length are taken from it.
   */
  readonly model: string | ScratchModel;
  /** Where the model runs and learns. Default: in this process. */
  readonly engine?: TinkerEngine | undefined;
  /** LoRA, an adapter, gradient checkpointing, precision. */
  readonly modelOptions?: LanguageModelOptions;
  /** A chat template other than the model's. */
  readonly chat?: ChatFormatOptions;
  /** Tasks, what chooses them, or a file of rows: .jsonl, .json, .csv or .parquet. */
  readonly dataset: Dataset | TaskSource | string;
  /** Makes the environment of one episode. Default: one question, one answer. */
  readonly env?: EnvFactory;
  /** Rewards, or names of those of `@grpo/rewards` that need no function. */
  readonly rewards: readonly (AnyReward | NamedReward)[];
  /** Left out where a preset brings it. */
  readonly advantage?: NamedParts['advantage'];
  /** Left out where a preset brings it. */
  readonly loss?: NamedParts['loss'];
  readonly preset?: PresetName;
  /** Numbers of the run; flags of the command line go before them. */
  readonly config?: Partial<TrainConfig>;
  /** Tasks kept out of training, or a file of them. */
  readonly evalDataset?: Dataset | string;
  /**
   * Keep the first weights beside the policy for a KL term. Default: where the loss goes by a name and has `beta`
   * above 0, `rewardKlCoefficient` is above 0, or `syncRefModel` is set.
   */
  readonly reference?: boolean;
  /** Makes the value function that the advantage `gae` needs; it may stand on the policy. */
  readonly critic?: (policy: LanguageModel) => Critic;
  /** Default: the environment variable GRPO_BACKEND, else the fastest that loads. */
  readonly backend?: BackendName;
  /** Where answers are sampled. Default: ONNX Runtime where it is installed and computes as training does. */
  readonly sampler?: SamplerChoice;
  /** Functions, sinks of `@grpo/trackers`, or names of sinks that take their settings from the environment. */
  readonly trackers?: readonly (Tracker | Sink | SinkName)[];
  readonly callbacks?: readonly Callback[];
  readonly alarms?: AlarmLimits;
}

/**
 * A server of the Tinker protocol, such as SkyRL's; it trains a low-rank adapter. A key, where it wants one, is taken
 * from the environment variable TINKER_API_KEY and written nowhere.
 */
export interface TinkerEngine extends Pick<TinkerPolicyOptions, 'rank' | 'reduction' | 'carrier'> {
  readonly name: 'tinker';
  /** Such as `http://localhost:8000`. Default: the environment variable TINKER_BASE_URL. */
  readonly url?: string;
  /** The model by the server's name for it. Default: the only one that the server has. */
  readonly baseModel?: string;
}

/** A reward by its name and options, as a JSON file can say it. */
export type NamedReward =
  | string
  | ({ readonly name: string; readonly weight?: number } & Readonly<Record<string, unknown>>);

/** A sink by its name. */
export type SinkName = 'tensorboard' | 'wandb' | 'mlflow' | 'csv';

/** What a config file exports: an experiment, or a function that makes one once the backend has started. */
export type ExperimentExport = Experiment | (() => Experiment | Promise<Experiment>);

/** Where a command reads and writes. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What of a stream is used; another one for tests. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}
