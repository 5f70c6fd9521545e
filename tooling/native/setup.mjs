// Makes the native TensorFlow.js backend load, if this machine lets it, by the first way that works.
//   npm run native
// It never fails: where no way works, it says why, and a run uses wasm.
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheRoot, removeLeftovers } from './cache.mjs';
import { findPackage, unlink } from './link.mjs';
import { withLock } from './lock.mjs';
import { probe } from './probe.mjs';
import { fromCache, fromInstaller, fromWheel } from './ways.mjs';

const CONSUMER = fileURLToPath(new URL('../../packages/tensor', import.meta.url));
const GPU = '@tensorflow/tfjs-node-gpu';
const WAYS = [fromCache, fromInstaller, fromWheel];

/**
 * Climbs the ladder and says each step.
 *
 * @param from folder of the package that will load the backend
 * @returns the line that says which backend a run will use
 */
export async function setUp({
  env = process.env,
  from = CONSUMER,
  say = console.log,
  ways = WAYS,
} = {}) {
  const wanted = env.GRPO_BACKEND;
  if (wanted === 'simd' || wanted === 'wasm' || wanted === 'cpu') {
    say(`native: nothing to set up, GRPO_BACKEND asks for ${wanted}.`);
    return `backend: ${wanted} (GRPO_BACKEND asks for it)`;
  }
  if (wanted && wanted !== 'native' && wanted !== 'gpu') {
    return `backend: none (GRPO_BACKEND needs one of gpu, simd, native, wasm, cpu, got "${wanted}")`;
  }
  // The tensor package tries the GPU first. It is the user's to install; here it is only looked for.
  if (wanted !== 'native' && findPackage(from, GPU)) {
    const gpu = await probe(from, GPU);
    if (gpu.loads) return `backend: gpu (TensorFlow ${gpu.tensorflow}, ${GPU})`;
    say(`native: ${GPU} does not load: ${gpu.reason}.`);
  }
  if (wanted === 'gpu') return 'backend: none (GRPO_BACKEND asks for gpu; unset it to use another)';

  let found = await probe(from);
  if (found.loads) {
    say('native: it loads already, nothing to do.');
  } else {
    say(`native: @tensorflow/tfjs-node does not load yet: ${found.reason}.`);
    found = await climb({ env, from, say, ways }).catch((error) => {
      say(`native: stopped: ${error.message}.`);
      return { loads: false };
    });
  }
  if (found.loads) return `backend: native (TensorFlow ${found.tensorflow} on the processor)`;
  if (wanted === 'native') {
    return 'backend: none (GRPO_BACKEND asks for native, which does not load; unset it to use wasm)';
  }
  return 'backend: wasm (native does not load, the lines above say why; training is slower)';
}

async function climb({ env, from, say, ways }) {
  const tfjsNode = findPackage(from);
  if (tfjsNode === undefined) return { loads: false };
  const cache = join(cacheRoot(env), 'native');
  mkdirSync(cache, { recursive: true });
  const onWait = (pid) =>
    say(`native: another set-up (process ${pid}) is at work, waiting for it.`);
  const work = () => tryEach({ tfjsNode, from, say, ways, cache });
  return await withLock(join(cache, 'lock'), work, { onWait });
}

/** Tries way after way until the backend loads. */
async function tryEach({ tfjsNode, from, say, ways, cache }) {
  removeLeftovers(cache);
  // The one that was waited for may have set up this very package.
  const before = await probe(from);
  if (before.loads) return before;

  for (const way of ways) {
    const tell = (text) => say(`native: ${way.name}: ${text}.`);
    const context = { tfjsNode, cache, say: tell };
    const start = Date.now();
    try {
      await way.attempt(context);
    } catch (error) {
      tell(`no, ${error.message}`);
      continue;
    }
    const found = await probe(from);
    if (found.loads) {
      await keep(way, context);
      tell(`it loads (${((Date.now() - start) / 1000).toFixed(1)} s)`);
      return found;
    }
    tell(`it was put in place but does not load: ${found.reason}`);
    await way.onFailure?.(context);
  }
  // An addon that ends the process would end a run too, instead of letting it go on to wasm.
  unlink(tfjsNode);
  return { loads: false };
}

async function keep(way, context) {
  try {
    await way.onSuccess?.(context);
  } catch (error) {
    context.say(`it could not be kept for other clones: ${error.message}`);
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  // Through process.exit, so that the exit handlers end children and remove lock and leftovers.
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const last = await setUp().catch(
    (error) => `backend: unknown (set-up stopped: ${error.message})`,
  );
  console.log(last);
}
