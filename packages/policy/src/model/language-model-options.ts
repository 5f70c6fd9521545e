import type { OptimizerChoice } from '@grpo/tensor';
import type { Precision } from '../engine/engine-config.js';
import type { LoraOptions } from '../lora/lora.js';
import type { WeightOptions } from './model-folder.js';

/** How a model is opened. */
export interface LanguageModelOptions {
  /** Where a step names none. Default: AdamW without weight decay. */
  readonly optimizer?: OptimizerChoice;
  /** Freeze the weights and train new low-rank adapters on them. Default: train all weights. */
  readonly lora?: LoraOptions;
  /** Freeze the weights and go on training the adapter of this folder, which PEFT or `save` wrote. */
  readonly adapter?: string;
  /** Hold only what enters each layer and compute the layer again for the gradient: less memory, more time. Default false. */
  readonly gradientCheckpointing?: boolean;
  /**
   * Most bytes for what the sampler computes of answers that are trained on (`isTrainedOn`), so that training need not
   * compute it again; on the simd backend, without checkpointing and dropout. 0 for none. Default 1 GiB.
   */
  readonly maxTraceBytes?: number;
  /** How products of matrices are computed; bfloat16 needs the native backend or a GPU. Default float32. */
  readonly precision?: Precision;
}

/** How a model is saved. */
export interface SaveOptions extends WeightOptions {
  /** Also what a resume needs. Default false. */
  readonly optimizer?: boolean;
  /** Write a whole model with the adapters folded in, rather than the adapter alone. Default false. */
  readonly merged?: boolean;
}
