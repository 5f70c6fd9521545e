// Measures the peak memory and the time of training steps on the shape of Qwen2.5-0.5B, with random weights.
//   node tooling/checks/memory.mjs [lora] [full] [options]    default: lora
// Options: --batch=4 --tokens=512 --steps=2 --rank=16 --layers=24 --vocabulary=151936
//   --no-checkpointing --bfloat16 --limit=12 (GiB)
// Each kind of training runs in a process of its own. Ends with status 1 where `lora` passes the limit.
// `npm run build` first; the backend is the one that GRPO_BACKEND names, by default the fastest that loads.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { root } from '../scripts/pnpm.mjs';

const SHAPE = {
  model_type: 'qwen2',
  architectures: ['Qwen2ForCausalLM'],
  vocab_size: 151_936,
  hidden_size: 896,
  intermediate_size: 4864,
  num_attention_heads: 14,
  num_key_value_heads: 2,
  max_position_embeddings: 32_768,
  rms_norm_eps: 1e-6,
  rope_theta: 1_000_000,
  tie_word_embeddings: true,
  hidden_act: 'silu',
  initializer_range: 0.02,
};
const GIB = 2 ** 30;

const args = process.argv.slice(2);
const option = (name, fallback) => {
  const found = args.find((arg) => arg.startsWith(`--${name}=`));
  return found === undefined ? fallback : Number(found.split('=')[1]);
};
const kinds = args.filter((arg) => !arg.startsWith('--'));

if (args.includes('--here')) await measure(kinds[0]);
else for (const kind of kinds.length > 0 ? kinds : ['lora']) runApart(kind);

function runApart(kind) {
  const options = args.filter((arg) => arg.startsWith('--'));
  const script = fileURLToPath(import.meta.url);
  const { status } = spawnSync(process.execPath, [script, kind, '--here', ...options], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}

async function measure(kind) {
  const { initBackend } = await load('tensor');
  const { LanguageModel } = await load('policy');
  const backend = await initBackend();
  const [sequences, tokens] = [option('batch', 4), option('tokens', 512)];
  const peak = () => (process.resourceUsage().maxRSS * 1024) / GIB;
  const say = (text) => console.log(`${kind}: ${text}; peak so far ${peak().toFixed(2)} GiB`);

  let started = performance.now();
  const lap = () => {
    const seconds = (performance.now() - started) / 1000;
    started = performance.now();
    return `${seconds.toFixed(1)} s`;
  };
  const rank = option('rank', 16);
  const vocabulary = option('vocabulary', SHAPE.vocab_size);
  const model = LanguageModel.create(
    { ...SHAPE, vocab_size: vocabulary, num_hidden_layers: option('layers', 24) },
    new Map(),
    1,
    {
      gradientCheckpointing: !args.includes('--no-checkpointing'),
      precision: args.includes('--bfloat16') ? 'bfloat16' : 'float32',
      ...(kind === 'lora' && { lora: { rank, alpha: 2 * rank, targetModules: 'all-linear' } }),
    },
  );
  const millions = (count) => `${(count / 1e6).toFixed(1)} M`;
  say(
    `${backend.name} backend, ${millions(model.parameterCount)} weights, ${millions(model.trainedParameterCount)} of them trained, made in ${lap()}`,
  );

  const size = sequences * tokens;
  const batch = {
    shape: [sequences, tokens],
    ids: Int32Array.from({ length: size }, (_, i) => (i * 7919) % vocabulary),
    lengths: new Int32Array(sequences).fill(tokens),
    mask: Uint8Array.from({ length: size }, (_, i) => (i % tokens === 0 ? 0 : 1)),
  };
  for (let step = 1; step <= option('steps', 2); step++) {
    const { loss } = await model.forwardBackward(batch, (logProbs) => ({
      loss: -logProbs.reduce((sum, x) => sum + x, 0) / size,
      gradLogProbs: Float64Array.from(batch.mask, (m) => -m / size),
    }));
    const passes = lap();
    const { gradNorm } = await model.optimStep({ learningRate: 1e-4, maxGradNorm: 1 });
    say(
      `step ${step} of ${sequences} × ${tokens} tokens: loss ${loss.toFixed(4)}, gradient norm ${gradNorm.toExponential(2)}, passes ${passes}, optimizer ${lap()}`,
    );
  }
  const limit = option('limit', 12);
  if (kind !== 'lora') return;
  console.log(`lora: peak ${peak().toFixed(2)} GiB, allowed ${limit} GiB`);
  if (peak() > limit) process.exitCode = 1;
}

function load(name) {
  const require = createRequire(`${root}apps/example/package.json`);
  return import(pathToFileURL(require.resolve(`@grpo/${name}`)).href);
}
