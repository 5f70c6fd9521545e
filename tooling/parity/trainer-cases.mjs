import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { comparePairs, finalErrors, LEAST_LOSS, norm } from './training-cases.mjs';
import { withModel } from './with-model.mjs';

/** Below this a KL, in nats per token, is compared absolutely. */
const LEAST_KL = 0.01;
const SCALINGS = { group: 'group-std', batch: 'batch-std', none: 'none' };

/**
 * Repeats a recorded run of `GRPOTrainer.train` through `train`: its completions come from `parts.rollOut` and its
 * rewards from a reward function, as they came from `rollout_func` and `reward_funcs` there; everything else is
 * configuration. A policy that listens tells loss, norm and weights of every optimizer step.
 *
 * @param run the recorded run
 * @param folder the model that it began with
 * @returns the error of each output over all steps; of runs whose optimizer steps stay within one generation, since the
 *   reference averages the tokens of several one by one
 */
export async function trainerErrors(run, folder, packages) {
  const { policy, safetensors, trainer } = packages;
  const plan = isWhole(run) ? wholeGenerations(run) : optimizerSteps(run);
  const scratch = mkdtempSync(join(tmpdir(), 'grpo-parity-'));
  const weightsOf = async (model) => {
    await model.save(join(scratch, 'model'));
    return safetensors.readSafetensors(join(scratch, 'model', 'model.safetensors')).tensors;
  };
  const repeat = (reference) =>
    withModel(policy, folder, {}, async (model) => {
      const heard = [];
      const records = await trainer.train({
        parts: {
          ...partsOf(run, plan, packages),
          policy: listening(model, heard, async () =>
            norm([...(await weightsOf(model)).values()].map(({ data }) => norm(data))),
          ),
          ...(reference && { reference }),
        },
        config: { ...configOf(run), ...plan.config },
        folder: join(scratch, 'run'),
        handlesSignals: false,
        say: () => {},
      });
      return errorsOf(run, plan, heard, records, await weightsOf(model));
    });
  try {
    return await (run.config.beta > 0 ? withModel(policy, folder, {}, repeat) : repeat());
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Whether a generation is one step of the trainer: all its rows at once, in passes of a constant rate. */
function isWhole({ config }) {
  const { gradient_accumulation_steps: accumulation, steps_per_generation: steps } = config;
  const isSplit = accumulation > 1 && config.loss_type === 'bnpo'; // which looks at each micro-batch alone
  const isConstant = config.lr_scheduler_type === 'constant' && !config.warmup_steps;
  return accumulation === steps && !isSplit && (config.num_iterations === 1 || isConstant);
}

/** Generations as steps: groups as they were sampled, old log-probs by the policy at the step's start. */
function wholeGenerations(run) {
  const { config, generations } = run;
  const { num_generations: size, num_iterations: passes } = config;
  const [{ rewards }] = generations;
  return {
    steps: generations.map((generation) =>
      generation.rewards.map((_, row) => rolloutOf(run, generation, row, Math.floor(row / size))),
    ),
    advantage: { name: 'group-relative', scaling: SCALINGS[config.scale_rewards] },
    tokens: undefined,
    passes,
    config: {
      maxSteps: generations.length,
      promptsPerStep: rewards.length / size,
      numGenerations: size,
      numIterations: passes,
      recomputesOldLogProbs: true,
    },
  };
}

/**
 * Optimizer steps as steps: the rows that were drawn for each, with the log-probs and advantages of their generation,
 * as a user brings them who keeps a buffer of older rollouts.
 */
function optimizerSteps(run) {
  const { config, generations, micro_steps: micros } = run;
  const { gradient_accumulation_steps: accumulation, steps_per_generation: perGeneration } = config;
  const rows = run.steps.map(({ micro_steps }) =>
    micro_steps.flatMap((index) => {
      const micro = micros[index];
      const old = micro.old_logps ?? micro.logps;
      return micro.rows.map((row, b) => ({ generation: micro.generation, row, old: old[b] }));
    }),
  );
  const items = run.steps.map(({ micro_steps: [first] }) => micros[first].num_items_in_batch);
  let call = 0;
  return {
    steps: rows.map((drawn) =>
      drawn.map(({ generation, row, old }) =>
        rolloutOf(run, generations[generation], row, 'drawn', old),
      ),
    ),
    advantage: () => ({
      advantages: Float64Array.from(
        rows[call++],
        ({ generation, row }) => generations[generation].advantages[row],
      ),
      metrics: {},
    }),
    tokens: items.map((count) => (count * accumulation) / perGeneration),
    passes: 1,
    config: {
      maxSteps: run.steps.length,
      promptsPerStep: 1,
      numGenerations: config.per_device_train_batch_size * accumulation,
    },
  };
}

/** A recorded row as `rollOut` gives it. */
function rolloutOf({ config }, { prompt_ids, completion_ids, env_mask, rewards }, row, group, old) {
  const [prompt, completion] = [prompt_ids[row], completion_ids[row]];
  const isOwn = completion.map((_, t) => (env_mask?.[row][t] ?? 1) === 1);
  return {
    task: { id: String(row), messages: [], row: {} },
    groupId: String(group),
    ids: [...prompt, ...completion],
    mask: [...prompt.map(() => false), ...isOwn],
    logProbs: [...prompt.map(() => 0), ...isOwn.map((own, t) => (own && old ? old[t] : 0))],
    turnRewards: [],
    episode: {
      messages: [],
      completion: '',
      row: { reward: rewards[row] },
      environmentReward: 0,
      end: completion.length < config.max_completion_length ? 'terminated' : 'length',
    },
  };
}

function partsOf({ config }, plan, { policyLoss }) {
  const loss = policyLoss.trlLoss(config);
  let [calls, step] = [0, 0];
  const counted = (input) => {
    step = Math.floor(calls++ / config.gradient_accumulation_steps);
    return loss({ ...input, step: { ...input.step, tokens: plan.tokens[step] } });
  };
  return {
    chat: {}, // completions are recorded as tokens: nothing is written as text
    dataset: {
      name: 'recorded',
      take: ({ count }) =>
        Array.from({ length: count }, (_, i) => ({ id: `${i}`, messages: [], row: {} })),
    },
    env: () => {
      throw new Error('The episodes of a recorded run are not played.');
    },
    rewards: [{ name: 'reward', fn: ({ row }) => row.reward }],
    rollOut: async (_tasks, _repeats, { key: [, , step] }) => plan.steps[step],
    advantage: plan.advantage,
    loss: plan.tokens ? Object.assign(counted, loss) : loss,
  };
}

/** The trainer's configuration under its own names. */
function configOf({ config }) {
  const { optimizer, max_grad_norm: maxGradNorm } = config;
  const [beta1, beta2] = optimizer.betas;
  return {
    temperature: config.temperature,
    maxCompletionLength: config.max_completion_length,
    microBatchSize: config.per_device_train_batch_size,
    learningRate: config.learning_rate,
    lrSchedulerType: config.lr_scheduler_type,
    warmupSteps: config.warmup_steps,
    weightDecay: config.weight_decay,
    adamBeta1: beta1,
    adamBeta2: beta2,
    adamEpsilon: optimizer.eps,
    maxGradNorm: maxGradNorm > 0 ? maxGradNorm : Number.POSITIVE_INFINITY,
    saveSteps: config.max_steps,
  };
}

/** The model itself, and a list that grows with each optimizer step. */
function listening(model, heard, sizeOf) {
  let loss = 0;
  const forwardBackward = async (...args) => {
    const result = await model.forwardBackward(...args);
    loss += result.loss;
    return result;
  };
  const optimStep = async (options) => {
    const result = await model.optimStep(options);
    const { learningRate } = options;
    heard.push({ loss, gradNorm: result.gradNorm, learningRate, size: await sizeOf() });
    loss = 0;
    return result;
  };
  const heardOf = { forwardBackward, optimStep };
  return new Proxy(model, {
    get: (target, name) => {
      if (Object.hasOwn(heardOf, name)) return heardOf[name];
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function errorsOf(run, { passes, tokens }, heard, records, weights) {
  const pairs = (own, wanted) =>
    run.steps.map((step, i) => [own(heard[i]), wanted(step), `step ${step.step}`]);
  const recorded = records.map((record, i) => {
    const steps = run.steps.slice(i * passes, (i + 1) * passes);
    return { record, steps, at: `record ${i + 1}` };
  });
  const means = (name) =>
    recorded.map(({ record, steps, at }) => [record[name], meanOf(run, steps, name), at]);
  return {
    'loss, relative': comparePairs(
      pairs(
        ({ loss }) => loss,
        ({ loss, loss_exact }) => loss_exact ?? loss,
      ),
      LEAST_LOSS,
    ),
    'gradient norm, relative': comparePairs(
      pairs(
        ({ gradNorm }) => gradNorm,
        ({ grad_norm }) => grad_norm,
      ),
      0,
    ),
    'learning rate, relative': comparePairs(
      pairs(
        ({ learningRate }) => learningRate,
        ({ learning_rate }) => learning_rate,
      ),
      0,
    ),
    'parameter norm, relative': comparePairs(
      pairs(
        ({ size }) => size,
        ({ params_l2_after }) => params_l2_after,
      ),
      0,
    ),
    'entropy, relative': comparePairs(means('entropy'), 0),
    ...(run.config.beta > 0 && { 'KL, relative': comparePairs(means('kl'), LEAST_KL) }),
    ...(tokens === undefined && ofGenerations(recorded)),
    ...finalErrors(weights, run.final_params),
  };
}

/** What the reference logs on the first step of a generation; it speaks of all its rows. */
function ofGenerations(recorded) {
  const names = ['reward', 'reward_std', 'frac_reward_zero_std', 'completions/mean_length'];
  const known = names.filter((name) => name in recorded[0].steps[0].metrics);
  const pairs = (name) =>
    recorded.map(({ record, steps: [{ metrics }], at }) => [record[name], metrics[name], at]);
  return Object.fromEntries(known.map((name) => [name, comparePairs(pairs(name), 0)]));
}

/** The mean per token of the steps' micro-batches, as the trainer logs it: the reference weighs each micro-batch alike. */
function meanOf(run, steps, name) {
  const means = steps.map(({ micro_steps }) => {
    const micros = micro_steps.map((index) => run.micro_steps[index]);
    const counts = micros.map(
      ({ completion_mask, tool_mask }) =>
        completion_mask.flatMap((row, b) => row.filter((own, t) => own && (tool_mask?.[b][t] ?? 1)))
          .length,
    );
    const total = counts.reduce((sum, count) => sum + count, 0);
    return micros.reduce((sum, { metrics }, m) => sum + metrics[name] * (counts[m] / total), 0);
  });
  return means.reduce((sum, mean) => sum + mean, 0) / means.length;
}
