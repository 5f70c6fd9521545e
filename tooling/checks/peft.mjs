// Trains an adapter on a small model, opens it in PEFT and compares the logits with ours.
//   node tooling/checks/peft.mjs [MODEL FOLDER…]     default: the Llama and the GPT-2 of the fixtures
// Needs a Python with torch, transformers and peft: $GRPO_PYTHON, else python3. Without one it says so and is skipped.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { root } from '../scripts/pnpm.mjs';

const TOLERANCE = 1e-4;
const script = fileURLToPath(new URL('peft_logits.py', import.meta.url));
const fixtures = fileURLToPath(new URL('../../packages/policy/fixtures/', import.meta.url));

const python = [process.env.GRPO_PYTHON, 'python3'].find(
  (candidate) =>
    candidate &&
    spawnSync(candidate, ['-c', 'import torch, transformers, peft'], { stdio: 'ignore' }).status ===
      0,
);
if (python === undefined) {
  console.log(
    'peft check skipped: no Python with torch, transformers and peft (GRPO_PYTHON names one)',
  );
  process.exit(0);
}

const given = process.argv.slice(2);
const folders =
  given.length > 0 ? given : ['llama-gqa-tied', 'gpt2'].map((name) => fixtures + name);
const scratch = mkdtempSync(join(tmpdir(), 'grpo-check-'));
try {
  for (const folder of folders) await check(folder);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function check(base) {
  const { initBackend } = await load('tensor');
  const { LanguageModel, toTokenBatch } = await load('policy');
  await initBackend();
  const lora = { rank: 3, alpha: 5, targetModules: 'all-linear', useRslora: true, seed: 2 };
  const model = LanguageModel.open(base, { lora });
  const ids = Array.from({ length: 12 }, (_, i) => (i * 7 + 3) % model.config.vocabularySize);
  const batch = toTokenBatch([{ ids, mask: ids.map((_, t) => t > 0) }]);
  const before = await model.logits(ids);
  for (let step = 0; step < 3; step++) {
    await model.forwardBackward(batch, (logProbs) => ({
      loss: -logProbs.reduce((sum, x) => sum + x, 0),
      gradLogProbs: Float64Array.from(batch.mask, (m) => -m),
    }));
    await model.optimStep({ learningRate: 0.05 });
  }
  const adapter = join(scratch, 'adapter');
  await model.save(adapter);
  const ours = await model.logits(ids);
  model.dispose();

  const request = join(scratch, 'request.json');
  writeFileSync(request, JSON.stringify({ base, adapter, ids }));
  const { status, stdout, stderr } = spawnSync(python, [script, request], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`PEFT could not open the adapter: ${stderr.trim()}`);
  const { logits: theirs } = JSON.parse(stdout);
  const apart = (a, b) => a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i])), 0);
  const [difference, moved] = [apart(theirs, ours), apart(before, ours)];
  const passed = theirs.length === ours.length && difference <= TOLERANCE;
  console.log(
    `peft check ${passed ? 'passed' : 'failed'}: ${base}: largest difference of ${ours.length} logits ${difference.toExponential(2)}, allowed ${TOLERANCE}; training moved them by up to ${moved.toFixed(2)}`,
  );
  if (!passed) process.exitCode = 1;
}

function load(name) {
  const resolved = createRequire(`${root}apps/example/package.json`).resolve(`@grpo/${name}`);
  return import(pathToFileURL(resolved).href);
}
