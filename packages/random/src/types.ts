/**
 * Glossary
 * - Key: the address of a draw, such as `(seed, 'sampling', step, episode)`; its parts are strings
 *   and finite numbers. The same key always gives the same numbers, in any order of asking.
 * - Generator: an endless stream of numbers that belongs to one key.
 */

/** One part of a key. */
export type KeyPart = string | number;

/** A stream of random numbers; every call advances it. */
export interface Random {
  /** A uniform number in [0, 1), a multiple of 2⁻⁵³. */
  next(): number;
  /** A uniform integer in [0, n), for an integer n in [1, 2⁵³]; without bias. */
  integer(n: number): number;
  /** A standard normal number: mean 0, variance 1. */
  normal(): number;
}
