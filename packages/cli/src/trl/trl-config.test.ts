import { resolveConfig } from '@grpo/trainer';
import { describe, expect, it } from 'vitest';
import { trainScript } from './train-script.js';
import { trlSettings } from './trl-config.js';

const plain = { advantage: undefined, loss: undefined, hasEnvironment: false };
const settings = (config = {}, parts = {}) =>
  trlSettings(resolveConfig({ maxSteps: 10, ...config }), { ...plain, ...parts });

describe('the fields of GRPOConfig', () => {
  it('are the numbers of the run under the names of TRL', () => {
    const { fields, sequencesPerPass } = settings({
      promptsPerStep: 4,
      numGenerations: 8,
      learningRate: 2e-5,
      lrSchedulerType: 'cosine',
      warmupSteps: 0.1,
      topK: 20,
      minP: 0.05,
    });
    expect(sequencesPerPass).toBe(32);
    expect(fields).toMatchObject({
      max_steps: 10,
      num_generations: 8,
      steps_per_generation: 1,
      gradient_accumulation_steps: 1,
      learning_rate: 2e-5,
      lr_scheduler_type: 'cosine',
      warmup_steps: 0.1,
      optim: 'adamw_torch',
      top_k: 20,
      min_p: 0.05,
      loss_type: 'dapo',
      scale_rewards: 'group',
    });
  });

  it('count optimizer steps where ours count batches of rollouts', () => {
    const { fields, sequencesPerPass } = settings({
      promptsPerStep: 8,
      numGenerations: 8,
      miniBatchSize: 32,
      microBatchSize: 16,
      numIterations: 2,
    });
    expect(sequencesPerPass).toBe(16);
    expect(fields).toMatchObject({
      steps_per_generation: 4, // 64 / 16
      gradient_accumulation_steps: 2, // 32 / 16
      num_iterations: 2,
      max_steps: 40, // 10 · 2 · 64 / 32
    });
  });

  it('give an episode with an environment the tokens of all its turns', () => {
    const { fields, differences } = settings(
      { maxTurns: 4, maxCompletionLength: 100 },
      { hasEnvironment: true },
    );
    expect(fields).toMatchObject({ max_completion_length: 400, max_tool_calling_iterations: 3 });
    expect(differences.join('\n')).toContain('answers of tools included');
  });

  it.each([
    [
      { name: 'grpo', beta: 0.04 },
      { loss_type: 'grpo', beta: 0.04 },
    ],
    [
      { name: 'dapo', epsilon: 0.2, epsilonHigh: 0.28 },
      { loss_type: 'dapo', epsilon_high: 0.28 },
    ],
    ['dr-grpo', { loss_type: 'dr_grpo' }],
    ['gspo', { loss_type: 'grpo', importance_sampling_level: 'sequence' }],
    [
      { name: 'cispo', ratioCap: 5 },
      { loss_type: 'cispo', epsilon_high: 5 },
    ],
  ] as const)('say the loss %j', (loss, fields) => {
    expect(settings({}, { loss }).fields).toMatchObject(fields);
  });

  it.each([
    ['grpo', { scale_rewards: 'group' }],
    ['dr-grpo', { scale_rewards: 'none' }],
    [{ name: 'group-relative', scaling: 'batch-std' }, { scale_rewards: 'batch' }],
    ['gdpo', { multi_objective_aggregation: 'normalize_then_sum' }],
  ] as const)('say the advantage %j', (advantage, fields) => {
    expect(settings({}, { advantage }).fields).toMatchObject(fields);
  });
});

describe('how the model is trained', () => {
  it('is said in full, for TRL has other defaults', () => {
    const { fields, lora } = settings();
    expect(fields).toMatchObject({ gradient_checkpointing: false, bf16: false });
    expect(lora).toBeUndefined();
  });

  it('is carried over: checkpointing, bfloat16, adapters', () => {
    const adapters = { rank: 8, alpha: 16, targetModules: ['q_proj', 'v_proj'], useRslora: true };
    const modelOptions = { gradientCheckpointing: true, precision: 'bfloat16', lora: adapters };
    const found = settings({}, { modelOptions });
    expect(found.fields).toMatchObject({ gradient_checkpointing: true, bf16: true });
    const script = trainScript({
      settings: found,
      model: 'model',
      rewards: [{ name: 'right', weight: 1 }],
      hasEnvironment: false,
      hasEvaluation: false,
    });
    expect(script).toContain('from peft import LoraConfig');
    expect(script).toContain(
      'peft_config=LoraConfig(task_type="CAUSAL_LM", r=8, lora_alpha=16, lora_dropout=0, target_modules=["q_proj","v_proj"], use_rslora=True)',
    );
  });
});

describe('differences', () => {
  it('beside the draws there are none where TRL does the same', () => {
    expect(settings().differences).toEqual([
      'Random draws differ: the same seed gives another run.',
    ]);
  });

  it.each([
    [{ dynamicSamplingRounds: 3 }, {}, 'dynamicSamplingRounds'],
    [{ optim: 'lion' }, {}, 'bitsandbytes'],
    [{ lrSchedulerType: 'linear', minLearningRateRatio: 0.1 }, {}, 'falls to 0'],
    [{}, { loss: 'gmpo' }, 'loss gmpo: TRL has none'],
    [{}, { loss: { name: 'grpo', reduction: 'sequence-sum' } }, 'option reduction is left out'],
    [{}, { advantage: 'rloo' }, 'advantage rloo'],
    [{}, { modelOptions: { adapter: 'runs/a' } }, 'adapter: not carried over'],
  ])('%j and %j are listed', (config, parts, text) => {
    expect(settings(config, parts).differences.join('\n')).toContain(text);
  });
});
