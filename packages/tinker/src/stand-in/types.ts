import type { TrainablePolicy } from '@grpo/policy';
import type { Reduction } from '../types.js';

/** A model behind the stand-in: any trainable policy. */
export interface StandInModel extends TrainablePolicy {
  dispose(): void;
}

/** What a request is answered with instead, or what happens to its answer. */
export type Fault =
  /** The connection ends before the request is read. */
  | 'dropped'
  /** The request is done, and the connection ends before the answer. */
  | 'answer-lost'
  /** Nothing is done and nothing comes. */
  | 'silent'
  | { readonly status: number; readonly text: string };

/** One request as it came. */
export interface SeenRequest {
  readonly method: string;
  /** Below `/api/v1/`. */
  readonly route: string;
  readonly body: unknown;
}

export interface StandInOptions {
  /** Makes an adapter on the one base model. Rank and seed as the client asked. */
  readonly createModel: (lora: { readonly rank: number; readonly seed: number }) => StandInModel;
  readonly vocabularySize: number;
  /** Where checkpoints are written. */
  readonly folder: string;
  /** Default `base-models/tiny`. */
  readonly baseModel?: string;
  /**
   * Whose normalisation. Default `skyrl-jax`. With `sum`, as on SkyRL with FSDP or Megatron, samples come from the
   * weights that were published last, beside training.
   */
  readonly reduction?: Reduction;
  /** Default 16. */
  readonly maxRank?: number;
  /** Adapters at the same time. Default 8. */
  readonly maxModels?: number;
  /** How long a poll is held open, in ms. Default 300 000. */
  readonly pollMs?: number;
  /** A fault for a request, if it is to have one. */
  readonly fault?: (request: SeenRequest) => Fault | undefined;
}

/** A server of the Tinker protocol in this process. */
export interface StandIn {
  /** On the loopback interface. */
  readonly url: string;
  /** What was asked, in order. */
  readonly requests: readonly SeenRequest[];
  /** Ends every connection; nothing listens any more. */
  stop(): Promise<void>;
  /** Listens on the same port again. As with a real one, models are gone and checkpoints are there. */
  restart(): Promise<void>;
  /** Stops, and frees the models. */
  dispose(): Promise<void>;
}
