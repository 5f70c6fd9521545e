import { clamp } from '../numbers.js';
import type { Controller } from '../types.js';

/** Where a coefficient starts and ends, and over how many steps. */
export interface ScheduleOptions {
  /** Coefficient at the first step; default 0. */
  readonly from?: number;
  /** Coefficient after the last step; default 0. */
  readonly to?: number;
  /** Optimizer steps from the one to the other. */
  readonly steps?: number;
}

/**
 * Moves a coefficient in a straight line: `from + (to − from)·s/steps`, s finished optimizer steps.
 *
 * @throws where steps is not above 0
 * @example linear({ from: 0.1, to: 0, steps: 100 })
 */
export function linear(options: ScheduleOptions = {}): Controller {
  return schedule('linear', options, (share) => share);
}

/**
 * Moves a coefficient along half a cosine, slowly at both ends: `from + (to − from)·(1 − cos(π·s/steps))/2`.
 *
 * @throws where steps is not above 0
 */
export function cosine(options: ScheduleOptions = {}): Controller {
  return schedule('cosine', options, (share) => (1 - Math.cos(Math.PI * share)) / 2);
}

/**
 * Raises a coefficient from 0: `to·s/steps`, then stays.
 *
 * @throws where steps is not above 0
 * @example warmUp({ to: 0.04, steps: 50 })
 */
export function warmUp({ to = 0, ...rest }: Omit<ScheduleOptions, 'from'> = {}): Controller {
  return linear({ from: 0, to, ...rest });
}

function schedule(
  name: string,
  { from = 0, to = 0, steps = Number.NaN }: ScheduleOptions,
  curve: (share: number) => number,
): Controller {
  if (!(steps > 0)) {
    throw new Error(`${name}: steps needs a number above 0, got ${steps}. Count optimizer steps.`);
  }
  let step = 0;
  return {
    get value() {
      return from + (to - from) * curve(clamp(step / steps, 0, 1));
    },
    update: () => {
      step += 1;
    },
    save: () => ({ step }),
    load: (saved) => {
      step = saved.step ?? 0;
    },
  };
}
