import { type Floats, type GaeOptions, gae, type TokenLayout } from '@grpo/advantage';
import type { ValueEstimator, ValueTargets } from './types.js';

export interface GaeStates<States> extends TokenLayout {
  /** The states before the model's tokens: N of them, one for each 1 of the mask, row by row. */
  readonly states: States;
  /** [B, T] reward of each token. */
  readonly rewards: Floats;
  /** The sequences that were cut off rather than ended, and the state after each one's last token. */
  readonly cutOff?: { readonly rows: readonly number[]; readonly states: States };
}

/** Options of `gaeAdvantages`. */
export interface GaeAdvantagesOptions extends GaeOptions {
  /** λ of the returns that the value function learns. Default: that of the advantages; VAPO takes 1. */
  readonly valueLambda?: number | Floats;
}

/** What `gaeAdvantages` returns. */
export interface GaeAdvantages {
  /** [B, T]; 0 at masked positions. */
  readonly advantages: Float64Array;
  /** [N] what to pass to `update` with the same states. */
  readonly targets: ValueTargets;
}

/**
 * Computes generalised advantages with a value function, and what that value function then learns:
 *
 *     Vₜ = V(sₜ)      Aₜ = Σₗ (γλ)ˡ·δₜ₊ₗ      Rₜ = Vₜ + Σₗ (γλ_V)ˡ·δₜ₊ₗ      δₜ = rₜ + γ·Vₜ₊₁ − Vₜ
 *
 * Schulman et al. 2016, https://arxiv.org/abs/1506.02438; two λ as in Yue et al. 2025, VAPO,
 * https://arxiv.org/abs/2504.05118. The sums are those of `gae` in `@grpo/advantage`: masked tokens are
 * skipped. After the last token of a sequence comes 0 where it ended, and V of the state there where it was
 * cut off: time running out is no outcome (Pardo et al. 2018, https://arxiv.org/abs/1712.00378).
 *
 * @param valueFunction gives the values as they are now, at rollout time
 * @param input states [N], rewards and mask [B, T], and the sequences that were cut off
 * @returns advantages [B, T]; targets: returns [N] and the values used [N]. No unmasked token: zeros and
 *   empty targets
 * @throws if the states are not as many as the mask's ones or the rows of `cutOff`, a row is not in the batch or
 *   named twice, a number is not finite, or γ or λ is outside [0, 1]
 */
export async function gaeAdvantages<States>(
  valueFunction: ValueEstimator<States>,
  { states, rewards, mask, shape, cutOff }: GaeStates<States>,
  { valueLambda, ...options }: GaeAdvantagesOptions = {},
): Promise<GaeAdvantages> {
  const positions = Array.from(mask.keys()).filter((i) => mask[i] !== 0); // [N]
  const oldValues = await valueFunction.values(states); // [N]
  checkCount('states', positions.length, 'ones of the mask', oldValues.length);
  const values = new Float64Array(mask.length); // [B, T]
  for (const [n, i] of positions.entries()) values[i] = oldValues[n];
  const bootstrapValues = await valuesAfter(valueFunction, shape[0], cutOff); // [B]

  const input = { rewards, values, mask, shape, bootstrapValues };
  const { advantages, returns } = gae(input, options); // [B, T] each
  const learned =
    valueLambda === undefined ? returns : gae(input, { ...options, lambda: valueLambda }).returns;
  return {
    advantages,
    targets: { returns: Float64Array.from(positions, (i) => learned[i]), oldValues },
  };
}

/** [B] V after the last token of each sequence; 0 where it ended. */
async function valuesAfter<States>(
  valueFunction: ValueEstimator<States>,
  B: number,
  cutOff: GaeStates<States>['cutOff'],
): Promise<Float64Array> {
  const after = new Float64Array(B); // [B]
  if (cutOff === undefined || cutOff.rows.length === 0) return after;
  const { rows, states } = cutOff;
  if (new Set(rows).size < rows.length || !rows.every((row) => row in after)) {
    throw new Error(
      `gaeAdvantages: cutOff needs rows from 0 to ${B - 1}, each once, got ${rows.join(', ')}. Pass the rows of the batch that were cut off.`,
    );
  }
  const values = await valueFunction.values(states); // [rows]
  checkCount('cutOff.states', rows.length, 'rows', values.length);
  for (const [n, row] of rows.entries()) after[row] = values[n];
  return after;
}

function checkCount(name: string, needed: number, of: string, got: number): void {
  if (needed === got) return;
  throw new Error(
    `gaeAdvantages: ${name} needs one state for each of the ${needed} ${of}, got ${got}. Pass the state before each of the model's tokens, row by row.`,
  );
}
