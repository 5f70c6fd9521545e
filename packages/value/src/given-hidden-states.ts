import { tensor } from '@grpo/tensor';
import type { Backbone, HiddenStates } from './types.js';

/**
 * The backbone of states that are hidden states already, such as those of a policy: nothing is computed,
 * and no gradient reaches the policy. Every state is a unit.
 *
 * @param width D
 * @throws where hidden states of another width, or another count than their shape says, come in
 */
export function givenHiddenStates(width: number): Backbone<HiddenStates> {
  const check = ({ data, shape: [N, D] }: HiddenStates) => {
    if (D !== width || data.length !== N * D) {
      throw new Error(
        `givenHiddenStates: needs hidden states of shape [N, ${width}], got [${N}, ${D}] with ${data.length} numbers. Pass one row of ${width} per state.`,
      );
    }
    return N;
  };
  return {
    width,
    sizes: (states) => new Array<number>(check(states)).fill(1),
    select: ({ data }, units) => {
      const picked = new Float32Array(units.length * width); // [units, D]
      for (const [row, unit] of units.entries()) {
        picked.set(data.subarray(unit * width, (unit + 1) * width), row * width);
      }
      return { data: picked, shape: [units.length, width] };
    },
    hidden: (states) => tensor(states.data, [check(states), width]), // [N, D]
  };
}
