/**
 * Glossary
 * - Header: the JSON at the start of a file that says where each tensor lies and of which type it is.
 * - Stored tensor: shape and numbers, row-major, widened to float32 whatever the file held.
 */

/** One tensor, widened to float32. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array;
}

/** What a file holds. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Free texts that the writer added, such as `format: pt`. */
  readonly metadata: Readonly<Record<string, string>>;
}
