/** Where the rows of a forward pass stand in their sequences. */
export interface Layout {
  readonly sequences: number;
  /** New tokens per sequence; row b · tokens + t is token t of sequence b. */
  readonly tokens: number;
  readonly ids: Int32Array; // [B · T]
  /** Position of each row in its sequence, or [T] where all sequences share them. */
  readonly positions: Int32Array;
  /** Whether the query at row t of sequence b sees the key at place s, cached places first. */
  readonly visible: (sequence: number, token: number, place: number) => boolean;
  /**
   * Tokens from the key at place s to the query at row t, 0 for itself, for layers that see a window of them.
   * Default: places follow one another without gaps, the new tokens last.
   */
  readonly distance?: (sequence: number, token: number, place: number) => number;
  /** All sequences have the same view, so that one mask serves them all. */
  readonly sameView: boolean;
  /** Whole sequences from position 0: each query sees what came before it, and no pass came before or comes after. */
  readonly isPlain?: boolean;
}

/** Right-padded sequences from position 0: causality alone keeps the padding out of sight. */
export function causalLayout(ids: Int32Array, sequences: number, tokens: number): Layout {
  return {
    sequences,
    tokens,
    ids,
    positions: Int32Array.from({ length: tokens }, (_, t) => t),
    visible: (_sequence, token, place) => place <= token,
    sameView: true,
    isPlain: true,
  };
}

/** The position of each row, also where all sequences share them. [N] */
export function positionOfEachRow({ positions, sequences, tokens }: Layout): Int32Array {
  if (positions.length === sequences * tokens) return positions;
  return Int32Array.from({ length: sequences * tokens }, (_, row) => positions[row % tokens]);
}
