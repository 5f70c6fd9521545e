import { matMul, matMulBfloat16, type Product } from '@grpo/tensor';
import type { ModelConfig } from '../architectures/architecture.js';

/** How products of matrices are computed; all else is float32, the weights too. */
export type Precision = 'float32' | 'bfloat16';

/** A decoder's numbers, and how the tensor engine computes it. */
export interface EngineConfig extends ModelConfig {
  /** Default float32. */
  readonly precision?: Precision;
  /** Multiplies what LoRA adapters add, where the weights hold any. Default 1. */
  readonly adapterScale?: number;
}

/** The product of matrices in a precision. */
export function productIn(precision: Precision = 'float32'): Product {
  return precision === 'bfloat16' ? matMulBfloat16 : (matMul as Product);
}
