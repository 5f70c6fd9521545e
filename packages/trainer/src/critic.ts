import type { HiddenStateModel, HiddenStates } from '@grpo/policy';
import type { ValueTargets } from '@grpo/value';
import { toBatches } from './batch.js';
import type { Critic, Rollout } from './types.js';

/** What a critic learns from one step. */
export interface Lesson {
  /** [N, D] */
  readonly states: HiddenStates;
  /** Returns [N], and the values [N] that the advantages were made with. */
  readonly targets: ValueTargets;
}

/**
 * The hidden states of rollouts, at rollout time.
 *
 * @param size most sequences of one pass
 * @returns before each of the model's tokens [N, D], row by row, and after the last token of each row [B, D]
 */
export async function statesOf(
  model: HiddenStateModel,
  rollouts: readonly Rollout[],
  size: number,
): Promise<{ readonly before: HiddenStates; readonly after: HiddenStates }> {
  const unused = new Float64Array(rollouts.length);
  const before: HiddenStates[] = [];
  const after: HiddenStates[] = [];
  for (const { tokens } of toBatches(rollouts, unused, size, 1)) {
    const states = await model.hiddenStates(tokens);
    before.push(states.before);
    after.push(states.after);
  }
  return { before: joined(before), after: joined(after) };
}

/** Values [N]; a value function is not asked about nothing. */
export async function valuesOf(critic: Critic, states: HiddenStates): Promise<Float64Array> {
  return states.shape[0] === 0 ? new Float64Array() : critic.valueFunction.values(states);
}

/** Lets the critic learn from a step; metrics of its update, none where there was nothing to learn. */
export async function learn(
  critic: Critic,
  { states, targets }: Lesson,
): Promise<Readonly<Record<string, number>>> {
  if (states.shape[0] === 0) return {};
  const { metrics } = await critic.valueFunction.update(states, targets, critic.update);
  return metrics;
}

/** One after the other. [n, D] each → [N, D] */
function joined(parts: readonly HiddenStates[]): HiddenStates {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  const count = parts.reduce((sum, { shape }) => sum + shape[0], 0);
  return { data, shape: [count, parts[0]?.shape[1] ?? 0] };
}
