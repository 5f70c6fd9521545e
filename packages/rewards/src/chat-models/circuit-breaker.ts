import type { BreakerState, ChatModel, CircuitBreaker } from '../types.js';
import { ChatModelError } from './chat-model-error.js';
import { sameModel } from './with-timeout.js';

/** Options of `circuitBreaker`. */
export interface BreakerOptions {
  /** Calls whose outcomes are looked at, the last ones. Default 20. */
  readonly window?: number;
  /** Calls before which it never opens. Default 10. */
  readonly minCalls?: number;
  /** Share of failures in the window at which it opens, above 0 and at most 1. Default 0.5. */
  readonly failureShare?: number;
  /** How long it stays open before it probes, in ms. Default 30 000. */
  readonly coolDownMs?: number;
  /** Calls in a row that must succeed while half-open; as many run at once. Default 2. */
  readonly probes?: number;
  /** Which errors say that the service is down. Default all. */
  readonly isFailure?: (error: unknown) => boolean;
  /** Told of each change of state, after it. */
  readonly onChange?: (to: BreakerState, from: BreakerState) => void;
  /** A clock in ms that never goes back. Default performance.now. */
  readonly now?: () => number;
}

/** A call that was not made, since the breaker is open. */
export class BreakerOpenError extends ChatModelError {
  override readonly name = 'BreakerOpenError';

  constructor(coolDownLeftMs: number) {
    const next =
      coolDownLeftMs > 0
        ? `It is tried again in ${Math.ceil(coolDownLeftMs)} ms.`
        : 'It is being probed.';
    super('breaker-open', `Not called: too many of the last calls failed. ${next}`);
  }
}

/**
 * Stops calling what is down. Nygard, "Release It!", 2007, chapter 5.
 *
 *     closed     →  open       when failures / calls ≥ failureShare over the last `window` calls
 *     open       →  half-open  after coolDownMs, with the next call
 *     half-open  →  closed     after `probes` successes in a row; → open after one failure
 *
 * A call that ends after the state has changed says nothing about the new state and is not counted.
 *
 * @throws RangeError if an option is out of range
 * @example
 * const breaker = circuitBreaker({ onChange: (to) => console.log(to) });
 * await breaker.run(() => fetch(url));
 */
export function circuitBreaker({
  window = 20,
  minCalls = 10,
  failureShare = 0.5,
  coolDownMs = 30_000,
  probes = 2,
  isFailure = () => true,
  onChange,
  now = () => performance.now(),
}: BreakerOptions = {}): CircuitBreaker {
  checkOptions({ window, minCalls, failureShare, coolDownMs, probes });
  let state: BreakerState = 'closed';
  let era = 0; // counts changes of state
  let outcomes: boolean[] = []; // of the last calls while closed; true is a failure
  let openedAt = 0;
  let probing = 0;
  let successes = 0;

  const change = (to: BreakerState): void => {
    const from = state;
    state = to;
    era++;
    outcomes = [];
    probing = 0;
    successes = 0;
    if (to === 'open') openedAt = now();
    onChange?.(to, from);
  };
  const record = (isDown: boolean): void => {
    if (state === 'half-open') {
      if (isDown) change('open');
      else if (++successes >= probes) change('closed');
      return;
    }
    outcomes = [...outcomes, isDown].slice(-window);
    const failed = outcomes.filter(Boolean).length;
    if (outcomes.length >= minCalls && failed / outcomes.length >= failureShare) change('open');
  };
  return {
    get state() {
      return state;
    },
    run: async (call, signal) => {
      const left = openedAt + coolDownMs - now();
      if (state === 'open' && left <= 0) change('half-open');
      if (state === 'open' || (state === 'half-open' && probing + successes >= probes)) {
        throw new BreakerOpenError(left);
      }
      const startEra = era;
      if (state === 'half-open') probing++;
      const end = (isDown: boolean | undefined): void => {
        if (era !== startEra) return;
        if (state === 'half-open') probing--;
        if (isDown !== undefined) record(isDown);
      };
      try {
        const result = await call();
        end(false);
        return result;
      } catch (error) {
        end(!signal?.aborted && isFailure(error) ? true : undefined);
        throw error;
      }
    },
  };
}

/** Calls a chat model through a breaker. A caller who gave up does not count as a failure. */
export function withBreaker(chatModel: ChatModel, breaker: CircuitBreaker): ChatModel {
  return sameModel(
    (messages, options) => breaker.run(() => chatModel(messages, options), options?.signal),
    chatModel,
  );
}

function checkOptions(
  options: Required<
    Pick<BreakerOptions, 'window' | 'minCalls' | 'failureShare' | 'coolDownMs' | 'probes'>
  >,
): void {
  const { window, minCalls, failureShare, coolDownMs, probes } = options;
  const isCount = (n: number): boolean => Number.isInteger(n) && n >= 1;
  const isSound =
    [window, minCalls, probes].every(isCount) &&
    minCalls <= window &&
    failureShare > 0 &&
    failureShare <= 1 &&
    coolDownMs >= 0;
  if (isSound) return;
  throw new RangeError(
    'circuitBreaker: needs positive integers with minCalls ≤ window, a failureShare in (0, 1] and a ' +
      `coolDownMs of at least 0, got ${JSON.stringify(options)}. Leave an option out for its default.`,
  );
}
