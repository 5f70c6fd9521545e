import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type TrlConfig, trlLoss } from './trl.js';
import type { LossInput } from './types.js';

interface Golden {
  readonly name: string;
  readonly mode: 'train' | 'eval';
  readonly config: TrlConfig & {
    readonly gradient_accumulation_steps: number;
    readonly steps_per_generation: number;
  };
  readonly B: number;
  readonly T: number;
  readonly logps: number[][];
  readonly old_logps: number[][] | null;
  readonly ref_logps: number[][] | null;
  readonly sampling_logps: (number | null)[][] | null;
  readonly entropies: number[][];
  readonly advantages: number[] | number[][];
  readonly completion_mask: number[][];
  readonly tool_mask: number[][] | null;
  readonly num_items_in_batch: number;
  readonly loss: number;
  readonly grad_logps: number[][];
  readonly grad_entropies: number[][] | null;
  readonly metrics: Record<string, number>;
  readonly adaptive_entropy?: Record<string, number>;
}

const file = new URL('../fixtures/policy-loss.json', import.meta.url);
const goldens: Golden[] = JSON.parse(readFileSync(file, 'utf8')).cases;

/** Accumulated micro-batches of the step; in eval TRL ignores them. */
const accumulated = ({ mode, config }: Golden) =>
  mode === 'eval' ? 1 : config.gradient_accumulation_steps;

function inputOf(golden: Golden): LossInput {
  const generated = golden.mode === 'eval' ? 1 : golden.config.steps_per_generation;
  return {
    logProbs: golden.logps.flat(),
    ...(golden.old_logps && { oldLogProbs: golden.old_logps.flat() }),
    ...(golden.ref_logps && { refLogProbs: golden.ref_logps.flat() }),
    ...(golden.sampling_logps && {
      samplerLogProbs: golden.sampling_logps.flat().map((value) => value ?? Number.NaN),
    }),
    entropies: golden.entropies.flat(),
    advantages: golden.advantages.flat(),
    mask: golden.completion_mask.flatMap((row, b) =>
      row.map((m, t) => m * (golden.tool_mask?.[b][t] ?? 1)),
    ),
    shape: [golden.B, golden.T],
    step: {
      tokens: (golden.num_items_in_batch * accumulated(golden)) / generated,
      sequences: golden.B * accumulated(golden),
    },
  };
}

describe('trlLoss: golden values of TRL 1.13', () => {
  it.each(goldens.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
    const loss = trlLoss(golden.config);
    const state = golden.adaptive_entropy;
    const controller = loss.controllers?.[0];
    if (state && controller) {
      controller.load({
        coefficient: state.coef_before,
        entropy: state.last_world_entropy_before,
      });
    }
    const result = loss(inputOf(golden));
    const metrics: Record<string, number> = { ...result.metrics };

    expect(Math.abs(result.loss - golden.loss)).toBeLessThan(1e-9);
    golden.grad_logps.flat().forEach((expected, i) => {
      expect(Math.abs(result.gradLogProbs[i] - expected)).toBeLessThan(1e-9);
    });
    golden.grad_entropies?.flat().forEach((expected, i) => {
      expect(Math.abs((result.gradEntropies?.[i] ?? Number.NaN) - expected)).toBeLessThan(1e-9);
    });

    if (state && controller) {
      // TRL moves the coefficient after the last micro-batch and logs the new one.
      controller.update({ entropy: metrics.entropy });
      expect(controller.save()).toEqual({
        coefficient: state.coef_after,
        entropy: expect.closeTo(state.last_world_entropy_after, 12),
      });
      metrics.entropy_coef = controller.save().coefficient;
    }
    if (golden.config.loss_type !== 'dapo') metrics.policy_loss *= accumulated(golden);
    for (const [name, expected] of Object.entries(golden.metrics)) {
      const tolerance = name.includes('clip_ratio') ? 1e-6 : 1e-9;
      expect(Math.abs(metrics[name] - expected), name).toBeLessThan(tolerance);
    }
  });

  it('covers every loss type and both levels', () => {
    const types = new Set(goldens.map(({ config }) => config.loss_type));
    expect([...types].sort()).toEqual([
      'bnpo',
      'cispo',
      'dapo',
      'dr_grpo',
      'grpo',
      'luspo',
      'sapo',
      'vespo',
    ]);
  });
});

describe('trlLoss: configuration', () => {
  it('has the defaults of GRPOConfig: dapo, token level, no KL, no correction', () => {
    const golden = goldens.find(({ name }) => name === 'base/dapo/token');
    expect(golden).toBeDefined();
    if (!golden) return;
    expect(trlLoss()(inputOf(golden)).loss).toBe(trlLoss(golden.config)(inputOf(golden)).loss);
    expect(trlLoss().controllers).toBeUndefined();
  });

  it('refuses a loss type that TRL does not have', () => {
    expect(() => trlLoss({ loss_type: 'ppo' as 'grpo' })).toThrow(
      "trlLoss: loss_type needs one of grpo, sapo, bnpo, dapo, cispo, vespo, luspo, dr_grpo, got 'ppo'.",
    );
  });

  it('switches the correction for the sampler off when told to', () => {
    const golden = goldens.find(({ name }) => name === 'vllm/token_mask/grpo');
    expect(golden).toBeDefined();
    if (!golden) return;
    const off = trlLoss({ ...golden.config, vllm_importance_sampling_correction: false });
    const plain = trlLoss({ ...golden.config, use_vllm: false });
    expect(off(inputOf(golden)).loss).toBe(plain(inputOf(golden)).loss);
    expect(off(inputOf(golden)).loss).not.toBe(golden.loss);
  });
});
