import { compare, compareMetrics, EXACT } from './errors.mjs';

const SCALINGS = {
  group: 'group-std',
  batch: 'batch-std',
  none: 'none',
  true: 'group-std',
  false: 'none',
};
const RELATIVE = { tolerance: 10 * EXACT, isRelative: true };
const isRate = (name) => name === 'frac_reward_zero_std' || name.startsWith('clip_ratio/');

/** Advantages and metrics of a case of `GRPOTrainer._generate_and_score_completions`. */
export function grpoAdvantageErrors(one, { advantage }) {
  const { multi_objective_aggregation, scale_rewards } = one.config;
  const estimate =
    multi_objective_aggregation === 'normalize_then_sum'
      ? advantage.gdpo()
      : advantage.groupRelative({ scaling: SCALINGS[scale_rewards] });
  const { advantages, metrics } = estimate(batchOf(one));
  return {
    advantages: compare(advantages, one.advantages, RELATIVE),
    metrics: compareMetrics(
      { ...metrics, ...functionMetrics(one, advantage) },
      one.metrics,
      isRate,
    ),
  };
}

/** Advantages, metrics and policy loss of a case of `RLOOTrainer`. */
export function rlooErrors(one, { advantage, policyLoss }) {
  const { config, policy } = one;
  const tokens = { mask: one.completion_mask.flat(), shape: shapeOf(one.completion_mask) };
  const oldLogProbs = one.old_logps.flat();
  const kl =
    one.ref_logps &&
    policyLoss.rewardKl({ oldLogProbs, refLogProbs: one.ref_logps.flat(), ...tokens });
  const estimate = advantage.rloo({
    isNormalized: config.normalize_advantages,
    ...(config.reward_clip_range && { scoreRange: config.reward_clip_range }),
  });
  const { advantages, metrics } = estimate({
    ...batchOf(one),
    ...(kl && { penalties: Array.from(kl.perSequence, (sum) => config.beta * sum) }),
  });
  const loss = policyLoss.rlooLoss({ epsilon: config.epsilon, epsilonHigh: config.epsilon_high });
  const result = loss({
    ...tokens,
    logProbs: policy.logps.flat(),
    oldLogProbs,
    entropies: policy.entropies.flat(),
    advantages: one.advantages,
  });
  const all = { ...metrics, ...kl?.metrics, ...functionMetrics(one, advantage) };
  return {
    advantages: compare(advantages, one.advantages, RELATIVE),
    metrics: compareMetrics(all, one.metrics, isRate),
    loss: compare([result.loss], [policy.loss]),
    gradient: compare(result.gradLogProbs, policy.grad_logps.flat()),
    'loss metrics': compareMetrics(result.metrics, policy.metrics, isRate),
  };
}

/** Advantages, returns and whitened advantages of a case of generalized advantage estimation. */
export function gaeErrors(one, { advantage }) {
  const tokens = { mask: one.mask.flat(), shape: shapeOf(one.mask) };
  const { advantages, returns } = advantage.gae(
    {
      ...tokens,
      rewards: one.rewards.flat(),
      values: one.values.flat(),
      bootstrapValues: one.bootstrap_value,
    },
    { gamma: one.config.gamma, lambda: one.config.lam },
  );
  return {
    advantages: compare(advantages, one.advantages.flat()),
    returns: compare(returns, one.returns.flat()),
    ...(one.whitened && {
      whitened: compare(advantage.whitenTokens(advantages, tokens), one.whitened.flat()),
    }),
  };
}

/** Groups stand in consecutive rows. */
function batchOf({ rewards, config }) {
  return {
    rewards,
    groupIds: rewards.map((_, i) => Math.floor(i / config.num_generations)),
    weights: config.reward_weights,
  };
}

function functionMetrics({ rewards }, advantage) {
  const entries = advantage.rewardStatistics({ rewards }).flatMap(({ mean, std }, k) => [
    [`rewards/reward_${k}/mean`, mean],
    [`rewards/reward_${k}/std`, std],
  ]);
  return Object.fromEntries(entries);
}

function shapeOf(rows) {
  return [rows.length, rows[0]?.length ?? 0];
}
