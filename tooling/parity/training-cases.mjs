import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, compareExact } from './errors.mjs';
import { unpadded } from './model-cases.mjs';
import { inputOf } from './policy-loss-cases.mjs';
import { withModel } from './with-model.mjs';

/** Largest relative error of losses, norms and parameters, largest absolute error of log-probs. */
const FLOAT32 = 1e-4;
/**
 * A loss is a sum of advantages of both signs that nearly cancel, so its size says nothing about its precision:
 * below this it is compared absolutely, to FLOAT32 · LEAST_LOSS.
 */
export const LEAST_LOSS = 0.1;

/**
 * Repeats a recorded run of `GRPOTrainer.train` from the model it began with: every micro-batch through
 * `forwardBackward` with the loss of its config, every optimizer step with its clipping and decay.
 *
 * @param run the recorded run
 * @param folder the model that it began with
 * @returns the error of each output over all steps
 */
export async function trainingErrors(run, folder, packages) {
  const { policy } = packages;
  const frozen = run.micro_steps.some(({ ref_logps }) => ref_logps)
    ? (use) => withModel(policy, folder, {}, use)
    : (use) => use(undefined);
  const scratch = mkdtempSync(join(tmpdir(), 'grpo-parity-'));
  try {
    return await frozen((reference) =>
      withModel(policy, folder, { optimizer: optimizerOf(run.config) }, (model) =>
        repeat(run, { model, reference, folder: join(scratch, 'model'), ...packages }),
      ),
    );
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

async function repeat(run, { model, reference, folder, policyLoss, policy, ...packages }) {
  const weights = async () => {
    await model.save(folder);
    return packages.safetensors.readSafetensors(join(folder, 'model.safetensors')).tensors;
  };
  requireParameters(run.config, await weights());
  const loss = policyLoss.trlLoss(run.config);
  const pairs = { logProbs: [], entropies: [], refLogProbs: [], losses: [], norms: [], sizes: [] };
  for (const { step, micro_steps, ...wanted } of run.steps) {
    const at = `step ${step}`;
    let total = 0;
    for (const index of micro_steps) {
      const micro = run.micro_steps[index];
      const batch = batchOf(micro, run.config, policy);
      if (reference && micro.ref_logps) {
        const own = batch.gather(await reference.logProbs(batch.tokens));
        pairs.refLogProbs.push(...batch.compared(own, micro.ref_logps, `micro step ${index}`));
      }
      const config = { ...run.config, gradient_accumulation_steps: micro_steps.length };
      const result = await model.forwardBackward(
        batch.tokens,
        (logProbs, { entropies }) => {
          const own = { logps: batch.gather(logProbs), entropies: batch.gather(entropies) }; // [B, T]
          const result = loss(inputOf({ ...batch.case, config, ...own }));
          return {
            loss: result.loss,
            gradLogProbs: batch.scatter(result.gradLogProbs),
            ...(result.gradEntropies && { gradEntropies: batch.scatter(result.gradEntropies) }),
          };
        },
        { entropies: true },
      );
      const compared = (own, recorded) =>
        batch.compared(batch.gather(own), recorded, `micro step ${index}`);
      pairs.logProbs.push(...compared(result.logProbs, micro.logps));
      pairs.entropies.push(...compared(result.entropies, micro.entropies));
      pairs.losses.push([result.loss, micro.loss, `micro step ${index}`]);
      total += result.loss;
    }
    const { gradNorm } = await model.optimStep({
      learningRate: wanted.learning_rate,
      ...(run.config.max_grad_norm > 0 && { maxGradNorm: run.config.max_grad_norm }),
    });
    pairs.losses.push([total, wanted.loss_exact ?? wanted.loss, at]);
    pairs.norms.push([gradNorm, wanted.grad_norm, at]);
    const sizes = [...(await weights()).values()].map(({ data }) => norm(data));
    pairs.sizes.push([norm(sizes), wanted.params_l2_after, at]);
  }
  return {
    'log-probs': comparePairs(pairs.logProbs),
    entropies: comparePairs(pairs.entropies),
    ...(reference && { 'reference log-probs': comparePairs(pairs.refLogProbs) }),
    'loss, relative': comparePairs(pairs.losses, LEAST_LOSS),
    'gradient norm, relative': comparePairs(pairs.norms, 0),
    'parameter norm, relative': comparePairs(pairs.sizes, 0),
    ...finalErrors(await weights(), run.final_params),
  };
}

/** AdamW as the run had it: which parameters decay is the run's to say. */
function optimizerOf({ optimizer: { betas, eps, groups } }) {
  const rates = [...new Set(groups.map(({ weight_decay }) => weight_decay))].filter((rate) => rate);
  if (rates.length > 1) {
    throw new Error(`needs one weight decay beside 0, got ${rates.join(' and ')}`);
  }
  const decayed = new Set(groups.flatMap((group) => (group.weight_decay ? group.params : [])));
  return {
    name: 'adamw',
    beta1: betas[0],
    beta2: betas[1],
    epsilon: eps,
    weightDecay: rates[0] ?? 0,
    decays: (name) => decayed.has(name),
  };
}

function requireParameters({ optimizer: { groups } }, weights) {
  const trained = groups.flatMap(({ params }) => params).sort();
  const missing = trained.filter((name) => !weights.has(name));
  const others = [...weights.keys()].filter((name) => !trained.includes(name));
  if (missing.length + others.length === 0) return;
  throw new Error(
    `needs the parameters of config.optimizer, got a model without ${missing.join(', ') || 'none of them'} and with ${others.join(', ') || 'no others'}`,
  );
}

/** A recorded micro-batch, padded left and right there, as the engine's right-padded batch. */
function batchOf(micro, { temperature = 1 }, policy) {
  const { prompt_ids, prompt_mask, completion_ids, completion_mask, tool_mask } = micro;
  const B = completion_ids.length;
  const T = completion_ids[0]?.length ?? 0;
  const isOwn = (b, t) => completion_mask[b][t] === 1 && (tool_mask?.[b][t] ?? 1) === 1;
  const places = new Array(B * T).fill(-1); // of each [B, T] position in the batch
  const sequences = completion_ids.map((ids, b) => {
    const prompt = unpadded(prompt_ids[b], prompt_mask[b]).ids;
    const completion = unpadded(ids, completion_mask[b]);
    const mask = prompt.map(() => false);
    for (let t = 0; t < T; t++) {
      if (completion_mask[b][t] !== 1) continue;
      places[b * T + t] = mask.length;
      mask.push(isOwn(b, t));
    }
    return { ids: [...prompt, ...completion.ids], mask };
  });
  const tokens = policy.toTokenBatch(sequences, temperature);
  const at = places.map((place, i) =>
    place < 0 ? -1 : Math.floor(i / T) * tokens.shape[1] + place,
  );
  const gather = (values) =>
    Array.from({ length: B }, (_, b) =>
      Array.from({ length: T }, (_, t) => (at[b * T + t] < 0 ? 0 : values[at[b * T + t]])),
    );
  return {
    tokens,
    gather,
    scatter: (gradient) => {
      const scattered = new Float64Array(tokens.ids.length);
      for (const [i, place] of at.entries()) if (place >= 0) scattered[place] = gradient[i];
      return scattered;
    },
    /** Own and recorded value of every token of the model. */
    compared: (own, recorded, name) =>
      own.flatMap((row, b) =>
        row.flatMap((value, t) => (isOwn(b, t) ? [[value, recorded[b][t], name]] : [])),
      ),
    case: {
      ...micro,
      B,
      T,
      mode: 'train',
    },
  };
}

/** Shape, norm and first values of every parameter after the last step. */
export function finalErrors(weights, wanted) {
  const names = Object.keys(wanted);
  const found = names.filter((name) => weights.has(name));
  const shapes = (of) => Object.fromEntries(names.map((name) => [name, of(name)]));
  const values = found.flatMap((name) => {
    const { first8, l2, shape } = wanted[name];
    const { data } = weights.get(name);
    // A value is held to the size that values of its parameter have: single ones are near 0 by chance.
    const typical = l2 / Math.sqrt(shape.reduce((product, length) => product * length, 1));
    return first8.map((value, i) => {
      const scale = Math.max(Math.abs(value), typical);
      return [data[i] / scale, value / scale, `${name}[${i}]`];
    });
  });
  const sizes = found.map((name) => [norm(weights.get(name).data), wanted[name].l2, name]);
  return {
    'final shapes': compareExact(
      shapes((name) => weights.get(name)?.shape),
      shapes((name) => wanted[name].shape),
    ),
    'final norms, relative': comparePairs(sizes, 0),
    'final values, relative': comparePairs(values),
  };
}

/**
 * The largest error of [own, recorded, name] triples.
 *
 * @param least the error is relative, to at least this much; absolute where undefined
 */
export function comparePairs(pairs, least) {
  const scale = (value) => (least === undefined ? 1 : Math.max(least, Math.abs(value)) || 1);
  return compare(
    pairs.map(([own, recorded]) => own / scale(recorded)),
    pairs.map(([, recorded]) => recorded / scale(recorded)),
    { tolerance: FLOAT32, names: pairs.map(([, , name]) => name) },
  );
}

export function norm(values) {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
