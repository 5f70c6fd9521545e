import type { HostLoss } from '@grpo/tensor';
import type { ForwardBackward, LogProbLoss, LossGradient, StatisticsRequest } from '../types.js';
import { scatter } from './token-batch.js';

const GRADIENTS = {
  logProbs: 'gradLogProbs',
  entropies: 'gradEntropies',
  distributionKl: 'gradDistributionKl',
} as const satisfies Record<string, keyof LossGradient>;

type Statistic = keyof typeof GRADIENTS;

/** A loss on numbers in their places [B, T], as the engine calls it: on rows of the unmasked tokens. */
export interface TokenLoss {
  /** [S · N] values in; the loss and its gradient out. */
  readonly onRows: HostLoss;
  /** What the loss saw and said; after it was called. */
  readonly result: () => ForwardBackward;
}

/**
 * @param request what comes beside log-probs; rows of `statisticsOf`, in its order
 * @param at [N] places of the unmasked tokens
 * @param size B · T
 */
export function createTokenLoss(
  loss: LogProbLoss,
  { entropies, distributionKl }: StatisticsRequest,
  at: Int32Array,
  size: number,
): TokenLoss {
  const names: Statistic[] = ['logProbs'];
  if (entropies) names.push('entropies');
  if (distributionKl) names.push('distributionKl');
  const n = at.length;
  let result: ForwardBackward | undefined;

  const onRows: HostLoss = (values) => {
    const row = (s: number) => scatter(values.subarray(s * n, (s + 1) * n), at, size); // [B, T]
    const logProbs = row(0);
    const statistics = Object.fromEntries(names.slice(1).map((name, i) => [name, row(i + 1)]));
    const found = loss(logProbs, statistics);
    checkAsked(found, names);
    result = { loss: found.loss, metrics: found.metrics ?? {}, logProbs, ...statistics };
    const gradient = new Float64Array(names.length * n);
    for (const [s, name] of names.entries()) {
      const placed = found[GRADIENTS[name]]; // [B, T]
      if (placed) for (const [i, place] of at.entries()) gradient[s * n + i] = placed[place];
    }
    return { loss: found.loss, gradient };
  };
  return {
    onRows,
    result: () => {
      if (result === undefined) throw new Error('createTokenLoss: needs a call of the loss first.');
      return result;
    },
  };
}

/** A gradient of something that was not asked for would be lost without a word. */
function checkAsked(found: LossGradient, names: readonly Statistic[]): void {
  for (const name of ['entropies', 'distributionKl'] as const) {
    if (names.includes(name) || found[GRADIENTS[name]] === undefined) continue;
    throw new Error(
      `forwardBackward: needs to be asked for ${name} where the loss has a gradient for them, got ${GRADIENTS[name]} without. Pass { ${name}: … } as the third argument.`,
    );
  }
}
