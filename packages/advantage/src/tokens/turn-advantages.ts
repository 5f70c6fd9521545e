import type { AdvantageEstimator, GroupId } from '../types.js';
import { discountedReturns } from './gae.js';
import { checkShare, type Floats } from './token-batch.js';

/** Options of `turnAdvantages`. */
export interface TurnAdvantageOptions {
  /** Compares the returns of a group; for example `drGrpo()`. */
  readonly estimator: AdvantageEstimator;
  /** Discount γ from turn to turn; default 1. */
  readonly gamma?: number;
  /** Compare with all turns of the group (`group`, default) or with the same turn of the others (`turn`). */
  readonly compareWith?: 'group' | 'turn';
}

/**
 * Estimates one advantage per turn of multi-turn episodes: the discounted return from each turn on,
 * `Gᵢₖ = rᵢₖ + γ·Gᵢ,ₖ₊₁`, compared within its group by any estimator.
 *
 * @param turnRewards [B][turns] rewards of the turns of each episode; episodes may differ in length
 * @param groupIds [B]
 * @returns [B][turns]
 * @throws where lengths differ or γ is outside [0, 1]
 * @example turnAdvantages([[0, 1], [0, 0]], ['a', 'a'], { estimator: drGrpo(), compareWith: 'turn' }) // [[0.5, 0.5], [-0.5, -0.5]]
 */
export function turnAdvantages(
  turnRewards: readonly (readonly number[])[],
  groupIds: readonly GroupId[],
  { estimator, gamma = 1, compareWith = 'group' }: TurnAdvantageOptions,
): number[][] {
  if (groupIds.length !== turnRewards.length) {
    throw new Error(
      `turnAdvantages: groupIds needs shape [${turnRewards.length}], got [${groupIds.length}]. Pass one id per episode.`,
    );
  }
  checkShare('turnAdvantages', 'gamma', gamma);
  const returns = turnRewards.map((rewards) => [...turnReturns(rewards, { gamma })]); // [B][turns]
  const ids = returns.map((G, i) =>
    G.map((_, k) => (compareWith === 'turn' ? JSON.stringify([groupIds[i], k]) : groupIds[i])),
  );
  const { advantages } = estimator({
    rewards: returns.flat().map((G) => [G]),
    groupIds: ids.flat(),
  });
  let next = 0;
  return returns.map((G) => G.map(() => advantages[next++]));
}

/**
 * Sums the rewards of an episode from each turn on: `Gₖ = rₖ + γ·Gₖ₊₁`.
 *
 * @param rewards [turns]
 * @returns [turns]
 * @example turnReturns([0, 0, 1], { gamma: 0.5 }) // [0.25, 0.5, 1]
 */
export function turnReturns(
  rewards: readonly number[],
  { gamma = 1 }: { readonly gamma?: number } = {},
): Float64Array {
  const mask = rewards.map(() => 1);
  return discountedReturns({ rewards, mask, shape: [1, rewards.length] }, { gamma });
}

/**
 * Gives every token the advantage of its turn.
 *
 * @param perTurn [B][turns]
 * @param turnOf [B, T] the turn of each token; a negative number belongs to no turn
 * @returns [B, T]; 0 where a token belongs to no turn
 * @throws where a token names a turn that its episode does not have
 * @example turnsToTokens([[2, 5]], [0, 0, -1, 1], [1, 4]) // [2, 2, 0, 5]
 */
export function turnsToTokens(
  perTurn: readonly (readonly number[])[],
  turnOf: Int32Array | Floats,
  [B, T]: readonly [number, number],
): Float64Array {
  if (turnOf.length !== B * T || perTurn.length !== B) {
    throw new Error(
      `turnsToTokens: needs ${B} episodes and turnOf of shape [${B}, ${T}], got ${perTurn.length} and ${turnOf.length} numbers. Pass one turn per position.`,
    );
  }
  return Float64Array.from(turnOf, (turn, i) => {
    if (turn < 0) return 0;
    const turns = perTurn[Math.floor(i / T)];
    if (turn in turns) return turns[turn];
    throw new Error(
      `turnsToTokens: turnOf needs turns below ${turns.length}, got ${turn} at [${Math.floor(i / T)}, ${i % T}]. Use -1 for tokens outside all turns.`,
    );
  });
}
