import { clippedLoss } from './clipped.js';
import {
  advantageClampLoss,
  bnpoLoss,
  cispoLoss,
  clipCovLoss,
  dapoLoss,
  dppoLoss,
  drGrpoLoss,
  gepoLoss,
  gmpoLoss,
  grpoLoss,
  gspoLoss,
  gspoTokenLoss,
  klCovLoss,
  luspoLoss,
  reinforceLoss,
  rlooLoss,
  sapoLoss,
  vespoLoss,
} from './losses.js';
import { createRegistry } from './registry.js';
import { slotNames } from './slots.js';
import type { PolicyLoss } from './types.js';

const clipping = ['epsilon', 'epsilonHigh', 'delta', ...slotNames] as const;

/** Policy losses by name. */
export const policyLosses = createRegistry<PolicyLoss>('policy loss');
policyLosses.register('clipped', clippedLoss, clipping);
policyLosses.register('grpo', grpoLoss, clipping);
policyLosses.register('bnpo', bnpoLoss, clipping);
policyLosses.register('dr-grpo', drGrpoLoss, ['length', ...clipping]);
policyLosses.register('dapo', dapoLoss, clipping);
policyLosses.register('gspo', gspoLoss, clipping);
policyLosses.register('gspo-token', gspoTokenLoss, clipping);
policyLosses.register('luspo', luspoLoss, clipping);
policyLosses.register('gepo', gepoLoss, clipping);
policyLosses.register('rloo', rlooLoss, clipping);
policyLosses.register('cispo', cispoLoss, ['ratioCap', 'ratioFloor', ...slotNames]);
policyLosses.register('sapo', sapoLoss, [
  'temperaturePositive',
  'temperatureNegative',
  ...slotNames,
]);
policyLosses.register('vespo', vespoLoss, [
  'kPositive',
  'lambdaPositive',
  'kNegative',
  'lambdaNegative',
  'samplerCorrection',
  ...slotNames,
]);
policyLosses.register('gmpo', gmpoLoss, ['epsilon', 'epsilonHigh', ...slotNames]);
policyLosses.register('dppo', dppoLoss, [
  'divergence',
  'threshold',
  'thresholdHigh',
  'ratioCap',
  ...slotNames,
]);
policyLosses.register('clip-cov', clipCovLoss, ['clipCov', ...clipping]);
policyLosses.register('kl-cov', klCovLoss, ['fraction', 'coefficient', ...slotNames]);
policyLosses.register('reinforce', reinforceLoss, slotNames);
policyLosses.register('advantage-clamp', advantageClampLoss, ['epsilon', ...slotNames]);
