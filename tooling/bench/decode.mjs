// Measures what sampling costs: on ONNX Runtime, on the tensor engine and, with a peer, in transformers, by turns.
//   node tooling/bench/decode.mjs [--peer=PYTHON] [--rounds=5] [--shapes=128x2,256x4,512x8] [--prompt=32]
//     [--tokens=64] [--batch=32] [--group=8] [--vocabulary=512] [--lengths=full|uniform] [--json=FILE]
//   [--threads=1]
// PYTHON has torch and transformers. `npm run build` first; the tensor engine runs on the backend that GRPO_BACKEND
// names, by default the fastest that loads. Wall time means nothing on a machine that others use: take --threads=1 there
// and read the processor time, which all engines spend on the same work.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from '../scripts/pnpm.mjs';

const { values: given } = parseArgs({
  options: {
    peer: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    shapes: { type: 'string', default: '128x2,256x4,512x8' },
    prompt: { type: 'string', default: '32' },
    tokens: { type: 'string', default: '64' },
    batch: { type: 'string', default: '32' },
    group: { type: 'string', default: '8' },
    vocabulary: { type: 'string', default: '512' },
    lengths: { type: 'string', default: 'full' },
    threads: { type: 'string' },
    json: { type: 'string' },
  },
});
const [rounds, prompt, tokens, batch, group, vocabulary] = [
  given.rounds,
  given.prompt,
  given.tokens,
  given.batch,
  given.group,
  given.vocabulary,
].map(Number);

if (given.threads) {
  for (const name of ['TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS', 'OMP_NUM_THREADS']) {
    process.env[name] = given.threads;
  }
}
const threads = given.threads ? { threads: Number(given.threads) } : {};
const { initBackend } = await load('tensor');
const { LanguageModel, toTokenBatch } = await load('policy');
const { onnxSampler } = await import(pathToFileURL(`${root}packages/onnx/dist/index.js`).href);
const backend = await initBackend();

/** Ids that differ by prompt; the same prompts for every engine. */
const prompts = Array.from({ length: Math.ceil(batch / group) }, (_, p) =>
  Array.from({ length: prompt }, (_, t) => (p * 131 + t * 7919 + 3) % vocabulary),
);
const lengths = Array.from({ length: batch }, (_, r) =>
  given.lengths === 'full' ? tokens : 1 + ((r * 7919 + 41) % tokens),
);
const requests = lengths.map((maxTokens, r) => ({
  ids: prompts[Math.floor(r / group)],
  seed: r,
  maxTokens,
}));
const sampled = lengths.reduce((sum, length) => sum + length, 0);

const results = [];
for (const shape of given.shapes.split(',')) results.push(await measure(shape));
if (given.json) writeFileSync(given.json, `${JSON.stringify(results, null, 2)}\n`);
process.exit(0);

async function measure(shape) {
  const [hidden, layers] = shape.split('x').map(Number);
  const config = {
    model_type: 'llama',
    vocab_size: vocabulary,
    hidden_size: hidden,
    intermediate_size: 4 * hidden,
    num_hidden_layers: layers,
    num_attention_heads: Math.max(1, hidden / 64),
    max_position_embeddings: 4096,
    tie_word_embeddings: true,
  };
  const model = LanguageModel.create(config, new Map(), 1);
  const source = timedSource(model);
  const onnx = await onnxSampler(source, threads);
  const peer = given.peer ? await openPeer(given.peer, config) : undefined;
  const options = { maxTokens: tokens, stopIds: [] };
  const engines = {
    onnx: () => spent(() => onnx.sample(requests, options)),
    [backend.name]: () => spent(() => model.sampler().sample(requests, options)),
    ...(peer && { peer: peer.generate }),
  };
  await learn(model);
  const first = await spent(() => onnx.sample(requests.slice(0, 1), { ...options, maxTokens: 1 }));
  const times = Object.fromEntries(Object.keys(engines).map((name) => [name, []]));
  const handOver = [];
  for (let round = 0; round <= rounds; round++) {
    await learn(model); // so that every round begins with new weights
    source.spent = { wall: 0, cpu: 0 };
    for (const [name, run] of Object.entries(engines)) {
      const time = await run();
      if (round > 0) times[name].push(time); // the first warms up
      if (round > 0 && name === 'onnx') handOver.push(source.spent);
    }
  }
  peer?.close();
  const result = {
    shape,
    parameters: model.parameterCount,
    firstSample: first,
    handOver: {
      wall: median(handOver.map(({ wall }) => wall)),
      cpu: median(handOver.map(({ cpu }) => cpu)),
    },
    ...Object.fromEntries(Object.entries(times).map(([name, list]) => [name, summary(list)])),
  };
  model.dispose();
  report(result);
  return result;
}

function report({ shape, parameters, firstSample, handOver, ...engines }) {
  const both = ({ wall, cpu }) => `${ms(wall)} (processor ${ms(cpu)})`;
  console.log(
    `${shape} (${(parameters / 1e6).toFixed(1)} M): first call ${both(firstSample)}, reading new weights ${both(handOver)}, which is part of each time`,
  );
  for (const [name, { median: middle, best }] of Object.entries(engines)) {
    const ratio = (kind) => (best[kind] / engines.onnx.best[kind]).toFixed(2);
    console.log(
      `  ${name.padEnd(7)} best ${both(best)}, median ${both(middle)}; ${Math.round(sampled / best.wall)} tokens/s; ${ratio('wall')} (processor ${ratio('cpu')}) times onnx`,
    );
  }
}

/** A small step, so that the weights are new and the model stays what it was. */
async function learn(model) {
  const batch = toTokenBatch([{ ids: [1, 2, 3], mask: [false, true, true] }]);
  await model.forwardBackward(batch, () => ({
    loss: 0,
    gradLogProbs: Float64Array.from(batch.mask, (m) => -m),
  }));
  await model.optimStep({ learningRate: 1e-9 });
}

/** The model's weights, with the seconds that reading them took. */
function timedSource(model) {
  const timed = new WeakMap();
  const wholes = new WeakMap();
  const source = { spent: { wall: 0, cpu: 0 }, config: model.config, hostWeights };
  function hostWeights() {
    const now = model.hostWeights();
    const known = wholes.get(now);
    if (known) return known;
    const entries = [...now.tensors].map(([name, entry]) => {
      const own = timed.get(entry) ?? { shape: entry.shape, read: () => clocked(entry.read) };
      timed.set(entry, own);
      return [name, own];
    });
    const whole = { ...now, tensors: new Map(entries) };
    wholes.set(now, whole);
    return whole;
  }
  function clocked(read) {
    const clock = startClock();
    const values = read();
    const { wall, cpu } = clock();
    source.spent = { wall: source.spent.wall + wall, cpu: source.spent.cpu + cpu };
    return values;
  }
  return source;
}

/** `generate` of transformers in a process of its own: a line asks, a line answers. */
async function openPeer(python, config) {
  const script = fileURLToPath(new URL('decode_peer.py', import.meta.url));
  const task = JSON.stringify({ config, ids: requests.map(({ ids }) => ids), lengths, tokens });
  const child = spawn(python, [script, task], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next(); // ready
  return {
    generate: async () => {
      child.stdin.write('go\n');
      return JSON.parse((await lines.next()).value);
    },
    close: () => child.stdin.end(),
  };
}

async function spent(run) {
  const clock = startClock();
  await run();
  return clock();
}

/** @returns a function that tells the seconds since, on the wall and of all of this process's threads */
function startClock() {
  const started = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { wall: (performance.now() - started) / 1000, cpu: (user + system) / 1e6 };
  };
}

function summary(times) {
  const of = (pick) => ({
    wall: pick(times.map(({ wall }) => wall)),
    cpu: pick(times.map(({ cpu }) => cpu)),
  });
  return { median: of(median), best: of((values) => Math.min(...values)), times };
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function ms(time) {
  return `${(1000 * time).toFixed(time < 0.1 ? 1 : 0)} ms`;
}

function load(name) {
  const require = createRequire(`${root}packages/onnx/package.json`);
  return import(pathToFileURL(require.resolve(`@grpo/${name}`)).href);
}
