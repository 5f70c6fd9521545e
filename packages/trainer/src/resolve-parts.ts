import { createRegistry, estimators } from '@grpo/advantage';
import { policyLosses } from '@grpo/policy-loss';
import { gaeEstimator } from './gae-estimator.js';
import type { NamedParts, TokenAdvantageEstimator, TrainParts } from './types.js';

/** Estimators of advantages per token, by name. */
export const tokenEstimators = createRegistry<TokenAdvantageEstimator>('token estimator');
tokenEstimators.register('gae', gaeEstimator, [
  'gamma',
  'lambda',
  'valueLambda',
  'isCutOffBootstrapped',
  'isWhitened',
]);

/**
 * Makes the parts that go by their names: `advantage: 'rloo'`, `loss: { name: 'gspo', epsilon: 3e-4 }`.
 * Advantages are looked up in `tokenEstimators` and in `estimators` of `@grpo/advantage`, losses in
 * `policyLosses` of `@grpo/policy-loss`; a part that a package registered there is found like our own.
 *
 * @throws where a name or an option is unknown, or advantages per token have no critic
 * @example resolveParts({ ...parts, advantage: { name: 'gae', lambda: 0.9 }, loss: 'clipped' })
 */
export function resolveParts(parts: NamedParts): TrainParts {
  const advantage = resolveAdvantage(parts.advantage);
  if ('perToken' in advantage && parts.critic === undefined) {
    throw new Error(
      'resolveParts: advantages per token need a critic, got none. Pass parts.critic, or take an advantage per completion.',
    );
  }
  return { ...parts, advantage, loss: policyLosses.resolve(parts.loss) };
}

function resolveAdvantage(choice: NamedParts['advantage']): TrainParts['advantage'] {
  if (typeof choice === 'function' || isTokenEstimator(choice)) return choice;
  const { name, ...options } = typeof choice === 'string' ? { name: choice } : choice;
  const registry = tokenEstimators.names().includes(name) ? tokenEstimators : estimators;
  return registry.create(name, options);
}

function isTokenEstimator(choice: NamedParts['advantage']): choice is TokenAdvantageEstimator {
  return typeof choice === 'object' && typeof choice.perToken === 'function';
}
