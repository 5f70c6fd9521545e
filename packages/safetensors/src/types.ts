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

/** One tensor that is read when its turn to be written comes, so that only one is in memory at a time. */
export interface LazyTensor {
  readonly shape: readonly number[];
  /** Row-major; called once per file that it goes to. */
  readonly read: () => Float32Array;
}

/** What a file holds. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Free texts that the writer added, such as `format: pt`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a header says of one tensor. */
export interface TensorEntry {
  /** As the file spells it: `F32`, `BF16`, `I64`, … */
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** An open file, whose header was checked and whose data was not read yet. */
export interface SafetensorsReader {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Every tensor by name, in the order in which the data lies. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /**
   * Reads one tensor and widens it to float32.
   *
   * @throws if there is no such tensor, or its type is not F32, F16 or BF16
   */
  read(name: string): StoredTensor;
  /** Gives the files back. Nothing can be read afterwards. */
  close(): void;
}

/** The types that can be written, and read as numbers. */
export type FloatType = 'F32' | 'F16' | 'BF16';

export interface WriteOptions {
  /** How numbers are stored; F16 and BF16 round to the nearest, ties to even. Default F32. */
  readonly dtype?: FloatType;
}

export interface WriteShardsOptions extends WriteOptions {
  /** Most bytes of tensors in one file; a larger tensor has a file to itself. Default 5e9. */
  readonly maxShardSize?: number;
  /** Texts for the header of every file. */
  readonly metadata?: Readonly<Record<string, string>>;
}
