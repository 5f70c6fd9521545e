import { type ClippedOptions, clipped } from './clipped.js';
import { compose } from './compose.js';
import { adaptiveEntropy } from './controllers/adaptive-entropy.js';
import { importanceSampling } from './corrections/importance-sampling.js';
import { offPolicyMask } from './corrections/off-policy-mask.js';
import { topEntropy } from './corrections/top-entropy.js';
import { entropyBonus } from './entropy-bonus.js';
import { klPenalty } from './kl-penalty.js';
import type { Named } from './registry.js';
import { cispo } from './surrogates/cispo.js';
import { sapo } from './surrogates/sapo.js';
import { vespo } from './surrogates/vespo.js';
import type { Correction, PolicyLoss, Reduction, Surrogate } from './types.js';

/** The part of TRL's `GRPOConfig` that decides the loss, under TRL's names and with its defaults. */
export interface TrlConfig {
  readonly loss_type?: keyof typeof REDUCTIONS | 'dr_grpo';
  readonly importance_sampling_level?: 'token' | 'sequence';
  readonly epsilon?: number;
  readonly epsilon_high?: number | null;
  readonly delta?: number | null;
  readonly beta?: number;
  readonly use_bias_correction_kl?: boolean;
  readonly top_entropy_quantile?: number;
  readonly off_policy_mask_threshold?: number | null;
  readonly entropy_coef?: number;
  readonly use_adaptive_entropy?: boolean;
  readonly entropy_coef_min?: number;
  readonly entropy_coef_max?: number;
  readonly entropy_coef_delta?: number;
  readonly entropy_target?: number;
  readonly sapo_temperature_neg?: number;
  readonly sapo_temperature_pos?: number;
  readonly vespo_k_pos?: number;
  readonly vespo_lambda_pos?: number;
  readonly vespo_k_neg?: number;
  readonly vespo_lambda_neg?: number;
  readonly use_vllm?: boolean;
  readonly vllm_importance_sampling_correction?: boolean;
  readonly vllm_importance_sampling_mode?:
    | 'token_truncate'
    | 'token_mask'
    | 'sequence_truncate'
    | 'sequence_mask';
  readonly vllm_importance_sampling_clip_max?: number | null;
  readonly vllm_importance_sampling_clip_min?: number | null;
  readonly max_completion_length?: number;
}

const REDUCTIONS = {
  grpo: 'sequence-mean',
  sapo: 'sequence-mean',
  bnpo: 'micro-batch-token-mean',
  dapo: 'token-mean',
  cispo: 'token-mean',
  vespo: 'token-mean',
  luspo: 'sequence-sum',
} as const;

/**
 * Builds the loss that TRL 1.13 computes for a `GRPOConfig`, for those who come from there or compare.
 *
 * TRL divides a micro-batch by `gradient_accumulation_steps`; here `step` counts the whole optimizer
 * step. Pass `sequences: B · gradient_accumulation_steps` and
 * `tokens: num_items_in_batch · gradient_accumulation_steps / steps_per_generation`.
 * `old_logps` and `sampling_logps` are `oldLogProbs` and `samplerLogProbs`.
 *
 * @param config names and defaults of TRL; what does not concern the loss is not read
 * @throws for a loss type that TRL does not have
 * @example trlLoss({ loss_type: 'dapo', epsilon_high: 0.28, beta: 0.04 })
 */
export function trlLoss(config: TrlConfig = {}): PolicyLoss {
  const {
    importance_sampling_level: ratio = 'token',
    beta = 0,
    use_bias_correction_kl: isImportanceWeighted = true,
    top_entropy_quantile: fraction = 1,
    off_policy_mask_threshold: threshold,
    loss_type = 'dapo',
  } = config;
  const sampler = samplerCorrection(config);
  const correction = [
    ...(threshold == null ? [] : [offPolicyMask({ threshold })]),
    ...(fraction < 1 ? [topEntropy({ fraction })] : []),
    ...(sampler && loss_type !== 'vespo' ? [sampler] : []),
  ];
  return compose({
    surrogate: surrogateOf(config, sampler),
    ratio,
    kl: beta === 0 ? undefined : klPenalty({ coefficient: beta, isImportanceWeighted }),
    correction,
    reduction: reductionOf(config),
    entropy: bonusOf(config, fraction),
  });
}

function surrogateOf(config: TrlConfig, sampler: Correction | undefined): Surrogate {
  const { epsilon = 0.2, delta, loss_type } = config;
  const epsilonHigh = config.epsilon_high ?? epsilon;
  if (loss_type === 'cispo') return cispo({ ratioCap: epsilonHigh });
  if (loss_type === 'sapo') {
    return sapo({
      temperaturePositive: config.sapo_temperature_pos ?? 1,
      temperatureNegative: config.sapo_temperature_neg ?? 1.05,
    });
  }
  if (loss_type === 'vespo') {
    return vespo({
      kPositive: config.vespo_k_pos ?? 2,
      lambdaPositive: config.vespo_lambda_pos ?? 3,
      kNegative: config.vespo_k_neg ?? 3,
      lambdaNegative: config.vespo_lambda_neg ?? 2,
      samplerCorrection: sampler,
    });
  }
  const bounds: ClippedOptions = { epsilon, epsilonHigh, ...(delta != null && { delta }) };
  return clipped(bounds);
}

function samplerCorrection(config: TrlConfig): Correction | undefined {
  if (!config.use_vllm || config.vllm_importance_sampling_correction === false) return undefined;
  const [level, mode] = (config.vllm_importance_sampling_mode ?? 'sequence_mask').split('_');
  const { vllm_importance_sampling_clip_max: max = 3 } = config;
  return importanceSampling({
    level: level === 'token' ? 'token' : 'sequence',
    mode: mode === 'truncate' ? 'truncate' : 'mask',
    max: max ?? Number.POSITIVE_INFINITY,
    min: config.vllm_importance_sampling_clip_min ?? 0,
  });
}

function reductionOf({
  loss_type = 'dapo',
  max_completion_length: length = 512,
}: TrlConfig): Reduction | Named {
  if (loss_type === 'dr_grpo') return { name: 'constant-length', length };
  if (loss_type in REDUCTIONS) return REDUCTIONS[loss_type];
  throw new Error(
    `trlLoss: loss_type needs one of ${Object.keys(REDUCTIONS).join(', ')}, dr_grpo, got '${loss_type}'.`,
  );
}

function bonusOf(config: TrlConfig, fraction: number) {
  const { entropy_coef: initial = 0 } = config;
  const reduction = 'micro-batch-token-mean';
  if (config.use_adaptive_entropy) {
    const coefficient = adaptiveEntropy({
      initial,
      target: config.entropy_target ?? 0.2,
      delta: config.entropy_coef_delta ?? 0.005,
      min: config.entropy_coef_min ?? 0,
      max: config.entropy_coef_max ?? 1,
    });
    return entropyBonus({ coefficient, fraction, reduction });
  }
  return initial === 0 ? undefined : entropyBonus({ coefficient: initial, fraction, reduction });
}
