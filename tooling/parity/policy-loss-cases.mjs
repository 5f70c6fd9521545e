import { compare, compareMetrics } from './errors.mjs';

const isRate = (name) => name.includes('clip_ratio');

/** Loss, gradients, metrics and controller of a case of `GRPOTrainer._compute_loss`. */
export function policyLossErrors(one, { policyLoss }) {
  const loss = policyLoss.trlLoss(one.config);
  const [controller] = loss.controllers ?? [];
  const before = one.adaptive_entropy;
  if (before) {
    controller.load({
      coefficient: before.coef_before,
      entropy: before.last_world_entropy_before ?? undefined,
    });
  }
  const result = loss(inputOf(one));
  const metrics = { ...result.metrics };
  if (before) {
    // The reference moves its coefficient after the last micro-batch and logs the new one.
    controller.update({ entropy: metrics.entropy });
    metrics.entropy_coef = controller.save().coefficient;
  }
  // The reference logs this before it divides by the micro-batches, except where it divides by tokens.
  if (!dividesByTokens(one)) metrics.policy_loss *= accumulated(one);
  const after = before && [before.coef_after, before.last_world_entropy_after];
  const { coefficient, entropy } = controller?.save() ?? {};
  return {
    loss: compare([result.loss], [one.loss]),
    gradient: compare(result.gradLogProbs, one.grad_logps.flat()),
    ...(one.grad_entropies && {
      'entropy gradient': compare(result.gradEntropies, one.grad_entropies.flat()),
    }),
    ...(after && { controller: compare([coefficient, entropy], after) }),
    metrics: compareMetrics(metrics, one.metrics, isRate),
  };
}

/** A recorded micro-batch as the loss takes it. */
export function inputOf(one) {
  const processes = one.config.num_processes ?? 1;
  const generated = one.mode === 'eval' ? 1 : one.config.steps_per_generation;
  return {
    logProbs: one.logps.flat(),
    ...(one.old_logps && { oldLogProbs: one.old_logps.flat() }),
    ...(one.ref_logps && { refLogProbs: one.ref_logps.flat() }),
    ...(one.sampling_logps && {
      samplerLogProbs: one.sampling_logps.flat().map((value) => value ?? Number.NaN),
    }),
    entropies: one.entropies.flat(),
    advantages: one.advantages.flat(),
    mask: one.completion_mask.flatMap((row, b) =>
      row.map((m, t) => m * (one.tool_mask?.[b][t] ?? 1)),
    ),
    shape: [one.B, one.T],
    step: {
      tokens: (Math.max(one.num_items_in_batch, 1) * accumulated(one)) / generated / processes,
      sequences: one.B * accumulated(one),
    },
  };
}

/** Micro-batches of the optimizer step; in eval the reference ignores them. */
function accumulated(one) {
  return one.mode === 'eval' ? 1 : one.config.gradient_accumulation_steps;
}

function dividesByTokens(one) {
  return ['dapo', 'cispo', 'vespo'].includes(one.config.loss_type);
}
