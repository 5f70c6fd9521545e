/** Numbers of a [B, T] array, row-major: position [b, t] at b · T + t. */
export type Floats = Float64Array | Float32Array | readonly number[];

/** Where the tokens of a batch stand. */
export interface TokenLayout {
  /** [B, T] 1 = the model's token; tools, environments and padding are 0 and never influence a result. */
  readonly mask: Uint8Array | Floats;
  readonly shape: readonly [sequences: number, tokens: number];
}

/**
 * Checks that arrays fit a layout and that numbers at unmasked positions are finite.
 *
 * @throws where a shape differs or a number is not finite
 */
export function checkTokens(
  where: string,
  { mask, shape: [B, T] }: TokenLayout,
  arrays: Readonly<Record<string, Floats>>,
): void {
  const shaped = (name: string, length: number) =>
    new Error(
      `${where}: ${name} needs shape [${B}, ${T}], got ${length} numbers. Pass one per position, row by row.`,
    );
  if (mask.length !== B * T) throw shaped('mask', mask.length);
  for (const [name, values] of Object.entries(arrays)) {
    if (values.length !== B * T) throw shaped(name, values.length);
    for (let i = 0; i < mask.length; i++) {
      if (mask[i] === 0 || Number.isFinite(values[i])) continue;
      throw new Error(
        `${where}: ${name} needs finite numbers where the mask is 1, got ${values[i]} at [${Math.floor(i / T)}, ${i % T}]. Look for it upstream.`,
      );
    }
  }
}

/** Checks that a share lies in [0, 1]. */
export function checkShare(where: string, name: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw new Error(
    `${where}: ${name} needs a number from 0 to 1, got ${value}. 0.95 to 1 is usual.`,
  );
}
