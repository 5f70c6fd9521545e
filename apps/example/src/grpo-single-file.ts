/**
 * Group relative policy optimisation in one file, on tensors: nothing is hidden behind an interface.
 *
 *   node --import ../../tooling/scripts/ts-node.mjs src/grpo-single-file.ts ../../runs/demo
 *
 * Shao et al. 2024, DeepSeekMath, https://arxiv.org/abs/2402.03300, algorithm 1, with TRL's defaults:
 *   1. G answers to each of P problems are sampled from the policy.
 *   2. An answer's advantage is its reward, compared with the rewards of the other answers to its problem.
 *   3. Each token's log-prob moves with its advantage, as long as the probability ratio stays within 1 ± ε.
 *   4. A frozen copy of the model holds the policy back, with weight β.
 *
 * The packages do the same step faster: they keep a cache while they sample, and their loss brings its own
 * gradient. Here the answers are sampled by running the whole sequence again for each token, and the tape of
 * the tensor library finds the gradient. A test holds the two together.
 */
import { join } from 'node:path';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { readJsonl } from '@grpo/envs';
import { createChatFormat, LanguageModel, type ModelConfig } from '@grpo/policy';
import { keyedRandom, keyedSeed } from '@grpo/random';
import { readSafetensors } from '@grpo/safetensors';
import * as tf from '@grpo/tensor';

/** The base of the rotary frequencies, the default of a Llama. */
const ROPE_THETA = 10_000;

export interface Settings {
  readonly seed: number;
  readonly numGenerations: number;
  readonly maxCompletionLength: number;
  readonly learningRate: number;
  readonly epsilon: number;
  readonly beta: number;
  readonly maxGradNorm: number;
  readonly stopId: number;
}

export interface Problem {
  readonly promptIds: readonly number[];
  /** Scores the ids of an answer. */
  readonly reward: (completionIds: readonly number[]) => number;
}

/** A model in training: weights and the moments of AdamW. */
export interface Learner {
  readonly weights: Record<string, tf.Tensor>;
  readonly adam: tf.AdamWState;
}

/** One step. @returns the next learner; the caller disposes of the old one */
export function grpoStep(
  config: ModelConfig,
  { weights, adam }: Learner,
  reference: tf.NamedTensors,
  problems: readonly Problem[],
  settings: Settings,
  step: number,
): { learner: Learner; reward: number; loss: number; gradNorm: number } {
  const { numGenerations: G, epsilon, beta } = settings;

  // 1. Sample: B = P · G sequences, those of one problem side by side.
  const prompts = problems.flatMap(({ promptIds }) => Array.from({ length: G }, () => promptIds));
  const answers = prompts.map((prompt, episode) => {
    const random = keyedRandom(keyedSeed(settings.seed, 'rollout', step, episode, 0));
    return sample(config, weights, prompt, settings, () => random.next());
  });

  // 2. Advantages: Aᵢ = (rᵢ − mean) / (std + 1e-4) within the group, std with n − 1.
  const rewards = answers.map(({ ids }, i) => problems[Math.floor(i / G)].reward(ids));
  const advantages = rewards.map((reward, i) => {
    const start = Math.floor(i / G) * G;
    const group = rewards.slice(start, start + G);
    const mean = group.reduce((sum, r) => sum + r, 0) / G;
    const variance = group.reduce((sum, r) => sum + (r - mean) ** 2, 0) / (G - 1);
    return (reward - mean) / (Math.sqrt(variance) + 1e-4);
  });

  // Lay all answer tokens end to end: N of them in sequences that are padded to T.
  const T = Math.max(...prompts.map((prompt, i) => prompt.length + answers[i].ids.length));
  const ids = new Int32Array(prompts.length * T); // [B, T]
  const tokens = prompts.flatMap((prompt, i) => {
    ids.set([...prompt, ...answers[i].ids], i * T);
    return answers[i].ids.map((id, t) => ({
      id,
      row: i * T + prompt.length + t - 1, // the hidden state that predicts it
      old: answers[i].logProbs[t],
      advantage: advantages[i],
    }));
  });
  const rows = Int32Array.from(tokens, ({ row }) => row);
  const targets = Int32Array.from(tokens, ({ id }) => id);
  const logProbs = (w: tf.NamedTensors) =>
    tf.pickLogProbs(outputLogits(w, tf.gatherRows(hidden(config, w, ids, T), rows)), targets); // [N]

  // 3 and 4. L = mean over tokens of −min(w A, clip(w, 1 − ε, 1 + ε) A) + β w k₃
  const refLogProbs = tf.tidy(() => logProbs(reference)); // [N]
  const { value, gradients } = tf.valueAndGradients(() => {
    const A = tf.tensor(tokens.map(({ advantage }) => advantage)); // [N]
    const old = tf.tensor(tokens.map((token) => token.old)); // [N]
    const current = logProbs(weights); // [N]
    const w = tf.exp(tf.sub(current, old)); // [N]
    const clipped = tf.clipByValue(w, 1 - epsilon, 1 + epsilon); // [N]
    const surrogate = tf.neg(tf.minimum(tf.mul(w, A), tf.mul(clipped, A))); // [N]
    const difference = tf.sub(refLogProbs, current); // [N]
    const k3 = tf.sub(tf.sub(tf.exp(difference), difference), 1); // [N]
    return tf.mean(tf.add(surrogate, tf.mul(tf.mul(w, k3), beta))); // []
  }, weights);

  // Clip the gradient to its largest norm, and take a step of AdamW.
  const gradNorm = tf.globalNorm(gradients);
  const scale = Math.min(1, settings.maxGradNorm / (gradNorm + 1e-6));
  const next = tf.adamWStep(weights, gradients, adam, settings.learningRate, scale);
  const [loss] = value.dataSync();
  tf.dispose([value, gradients, refLogProbs]);
  const reward = rewards.reduce((sum, r) => sum + r, 0) / rewards.length;
  return { learner: { weights: next.parameters, adam: next.state }, reward, loss, gradNorm };
}

/** Samples one answer: softmax of the last logits, a uniform draw, and again. */
function sample(
  config: ModelConfig,
  weights: tf.NamedTensors,
  prompt: readonly number[],
  { maxCompletionLength, stopId }: Settings,
  uniform: () => number,
): { ids: number[]; logProbs: number[] } {
  const ids: number[] = [];
  const logProbs: number[] = [];
  while (ids.length < maxCompletionLength && ids.at(-1) !== stopId) {
    const all = Int32Array.from([...prompt, ...ids]);
    const logits = tf.tidy(() => {
      const last = tf.gatherRows(
        hidden(config, weights, all, all.length),
        Int32Array.of(all.length - 1),
      );
      return outputLogits(weights, last).dataSync() as Float32Array; // [V]
    });
    const top = logits.reduce((a, b) => Math.max(a, b));
    const exponentials = Array.from(logits, (z) => Math.exp(z - top));
    const total = exponentials.reduce((sum, e) => sum + e, 0);
    const target = uniform() * total;
    let sum = 0;
    const id = exponentials.findIndex((e) => {
      sum += e;
      return sum > target;
    });
    ids.push(id);
    logProbs.push(Math.log(exponentials[id] / total));
  }
  return { ids, logProbs };
}

/** The Llama decoder on right-padded sequences of T tokens. @returns [B · T, D] */
function hidden(config: ModelConfig, w: tf.NamedTensors, ids: Int32Array, T: number): tf.Tensor {
  const { heads: H, keyValueHeads: Hkv, headSize: Dh, normEpsilon } = config;
  const B = ids.length / T;
  const R = H / Hkv; // query heads per key head
  const tables = tf.rotaryTables(
    Int32Array.from({ length: T }, (_, t) => t),
    tf.rotaryFrequencies(Dh, ROPE_THETA),
  );
  const [cos, sin] = [tf.tensor(tables.cos, [T, Dh]), tf.tensor(tables.sin, [T, Dh])];
  const causal = Array.from({ length: R * T * T }, (_, i) =>
    i % T <= Math.floor(i / T) % T ? 0 : -1e9,
  );
  const bias = tf.tensor(causal, [1, 1, R * T, T]);
  const toHeads = (x: tf.Tensor, count: number) =>
    tf.transpose(tf.reshape(x, [B, T, count, Dh]), [0, 2, 1, 3]); // [B, count, T, Dh]
  const linear = (x: tf.Tensor, name: string) => tf.matMul(x, w[name], false, true);

  let x = tf.gatherRows(w['model.embed_tokens.weight'], ids); // [B·T, D]
  for (let layer = 0; layer < config.layers; layer++) {
    const at = `model.layers.${layer}`;
    const h = tf.rmsNorm(x, w[`${at}.input_layernorm.weight`], normEpsilon); // [B·T, D]
    const q = tf.rotary(toHeads(linear(h, `${at}.self_attn.q_proj.weight`), H), cos, sin);
    const k = tf.rotary(toHeads(linear(h, `${at}.self_attn.k_proj.weight`), Hkv), cos, sin);
    const v = toHeads(linear(h, `${at}.self_attn.v_proj.weight`), Hkv); // [B, Hkv, T, Dh]
    const attended = tf.attention(tf.reshape(q, [B, Hkv, R * T, Dh]), k, v, bias);
    const merged = tf.transpose(tf.reshape(attended, [B, H, T, Dh]), [0, 2, 1, 3]);
    x = tf.add(x, linear(tf.reshape(merged, [B * T, H * Dh]), `${at}.self_attn.o_proj.weight`));

    const m = tf.rmsNorm(x, w[`${at}.post_attention_layernorm.weight`], normEpsilon); // [B·T, D]
    const [gate, up] = [
      linear(m, `${at}.mlp.gate_proj.weight`),
      linear(m, `${at}.mlp.up_proj.weight`),
    ];
    x = tf.add(x, linear(tf.swiGlu(gate, up), `${at}.mlp.down_proj.weight`)); // [B·T, D]
  }
  return tf.rmsNorm(x, w['model.norm.weight'], normEpsilon); // [B·T, D]
}

/** Tied embeddings: the output matrix is the embedding matrix. [N, D] → [N, V] */
function outputLogits(w: tf.NamedTensors, rows: tf.Tensor): tf.Tensor {
  return tf.matMul(rows, w['model.embed_tokens.weight'], false, true);
}

/** The weights of a model folder as tensors. */
export function readWeights(folder: string): Record<string, tf.Tensor> {
  const { tensors } = readSafetensors(join(folder, 'model.safetensors'));
  return Object.fromEntries(
    [...tensors].map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
  );
}

/** Goes on from the demo's warm start, 8 problems a step. */
async function main(folder: string): Promise<void> {
  await tf.initBackend();
  const warmStart = join(folder, 'warm-start');
  const model = LanguageModel.open(warmStart);
  const chat = createChatFormat(model.textFiles);
  const problems = readJsonl(join(folder, 'data', 'train.jsonl')).tasks.map(
    ({ messages, row }): Problem => ({
      promptIds: chat.encodePrompt(messages),
      reward: (ids) => Number(chat.decodeCompletion(ids) === `<answer>${row.answer}</answer>`),
    }),
  );
  const settings: Settings = {
    seed: 1,
    numGenerations: 8,
    maxCompletionLength: 8,
    learningRate: 1e-4,
    epsilon: 0.2,
    beta: 0.01,
    maxGradNorm: 1,
    stopId: chat.stopIds[0],
  };
  const [weights, reference] = [readWeights(warmStart), readWeights(warmStart)];
  let learner: Learner = { weights, adam: tf.adamWInit(weights) };
  for (let step = 0; step < 100; step++) {
    const batch = Array.from({ length: 8 }, (_, i) => problems[(8 * step + i) % problems.length]);
    const done = grpoStep(model.config, learner, reference, batch, settings, step);
    tf.dispose([learner.weights, learner.adam.first, learner.adam.second]);
    learner = done.learner;
    console.log(`step ${step + 1}  reward ${done.reward.toFixed(3)}  loss ${done.loss.toFixed(4)}`);
  }
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href)
  await main(argv[2] ?? '../../runs/demo');
