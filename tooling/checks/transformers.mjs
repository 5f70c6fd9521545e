// Opens a saved model folder in Hugging Face transformers and compares its logits with ours.
//   node tooling/checks/transformers.mjs [FOLDER]     default: a fresh random model
// Needs a Python with torch and transformers: $GRPO_PYTHON, else python3. Without one it says so and is skipped.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { root } from '../scripts/pnpm.mjs';

const TOLERANCE = 1e-4;
const script = fileURLToPath(new URL('transformers_logits.py', import.meta.url));

/** @returns {Promise<{status: 'passed' | 'failed' | 'skipped', detail: string}>} */
export async function check(folder) {
  const python = findPython();
  if (python === undefined) {
    return {
      status: 'skipped',
      detail: 'no Python with torch and transformers (GRPO_PYTHON names one)',
    };
  }
  const scratch = mkdtempSync(join(tmpdir(), 'grpo-check-'));
  try {
    const { difference, compared } = await compare(
      python,
      folder ?? join(scratch, 'model'),
      scratch,
      folder === undefined,
    );
    const detail = `largest difference of ${compared} logits: ${difference.toExponential(2)}, allowed ${TOLERANCE}`;
    return { status: difference <= TOLERANCE ? 'passed' : 'failed', detail };
  } catch (error) {
    return { status: 'failed', detail: error.message };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function findPython() {
  const candidates = [process.env.GRPO_PYTHON, 'python3'];
  return candidates.find(
    (python) =>
      python &&
      spawnSync(python, ['-c', 'import torch, transformers'], { stdio: 'ignore' }).status === 0,
  );
}

async function compare(python, folder, scratch, makeModel) {
  const { initBackend } = await load('tensor');
  const { characterTokenizerFiles, createTokenizer, LanguageModel, llamaConfigJson } =
    await load('policy');
  await initBackend();
  if (makeModel) {
    const made = LanguageModel.create(
      llamaConfigJson(SMALL),
      characterTokenizerFiles(TOKENIZER),
      1,
    );
    await made.save(folder);
    made.dispose();
  }
  const model = LanguageModel.open(folder);
  const length = Math.min(24, model.config.contextLength);
  const ids = Array.from({ length }, (_, i) => (i * 7 + 3) % model.config.vocabularySize);
  const ours = await model.logits(ids);
  const text = '12+34';
  const encoded = createTokenizer(model.textFiles).encode(text);
  model.dispose();

  const request = join(scratch, 'request.json');
  writeFileSync(request, JSON.stringify({ folder, ids, text }));
  const { status, stdout, stderr } = spawnSync(python, [script, request], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0)
    throw new Error(`transformers could not open the folder: ${stderr.trim().split('\n').at(-1)}`);
  const theirs = JSON.parse(stdout);
  if (theirs.encoded.join() !== encoded.join()) {
    throw new Error(`transformers encodes "${text}" as ${theirs.encoded}, we as ${encoded}`);
  }
  if (theirs.logits.length !== ours.length)
    throw new Error(`${theirs.logits.length} logits, expected ${ours.length}`);
  const difference = theirs.logits.reduce(
    (worst, value, i) => Math.max(worst, Math.abs(value - ours[i])),
    0,
  );
  return { difference, compared: ours.length };
}

const SMALL = {
  vocabularySize: 20,
  hiddenSize: 48,
  intermediateSize: 80,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 12,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  contextLength: 64,
  tiedEmbeddings: false,
  initializerRange: 0.2,
};
const TOKENIZER = {
  characters: '0123456789+-*=? ',
  tokens: ['<pad>', '<|user|>', '<|assistant|>', '<|end|>'],
  padToken: '<pad>',
  endToken: '<|end|>',
  chatTemplate: '{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}',
};

/** A built package, as apps/example would import it. */
function load(name) {
  const resolved = createRequire(`${root}apps/example/package.json`).resolve(`@grpo/${name}`);
  return import(pathToFileURL(resolved).href);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { status, detail } = await check(process.argv[2]);
  console.log(`transformers check ${status}: ${detail}`);
  process.exit(status === 'failed' ? 1 : 0);
}
