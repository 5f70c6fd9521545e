// Does a native package load? Only a fresh process can tell: a library for another processor ends
// the process that loads it.
import { run } from './process.mjs';

const LONGEST_LOAD_MS = 60_000;
const MARK = 'grpo-probe:';

const program = (packageName) => `
  const tell = (found) => console.log(${JSON.stringify(MARK)} + JSON.stringify(found));
  // As packages/tensor does: tfjs-node 4.22 calls a function of node:util that Node 23 took out.
  require('node:util').isNullOrUndefined ??= (value) => value === null || value === undefined;
  try {
    const tf = require(${JSON.stringify(packageName)});
    const [product] = tf.matMul([[1, 2]], [[3], [4]]).dataSync();
    if (product !== 11) throw new Error('its matrix product is wrong: ' + product);
    tell({ loads: true, tensorflow: tf.backend().binding.TF_Version });
  } catch (error) {
    tell({ loads: false, reason: String(error.message).trim().split('\\n')[0] });
  }`;

/**
 * Loads a package as `folder` would and multiplies two small matrices.
 *
 * @returns `{ loads: true, tensorflow }` with TensorFlow's version, or `{ loads: false, reason }`
 */
export async function probe(folder, packageName = '@tensorflow/tfjs-node') {
  const result = await run(process.execPath, ['-e', program(packageName)], {
    cwd: folder,
    // Package managers' wrappers set NODE_PATH, through which it would find another copy.
    env: { TF_CPP_MIN_LOG_LEVEL: '2', NODE_OPTIONS: '', NODE_PATH: '' },
    silenceMs: LONGEST_LOAD_MS,
  });
  const line = result.stdout.split('\n').find((text) => text.startsWith(MARK));
  if (line !== undefined) return plain(JSON.parse(line.slice(MARK.length)));
  if (result.isSilent) return { loads: false, reason: 'it did not load within a minute' };
  return {
    loads: false,
    reason: result.signal
      ? `loading it ends the process (${result.signal})`
      : `loading it ends the process (exit ${result.status})`,
  };
}

function plain(found) {
  if (found.loads) return found;
  if (/^Cannot find module '@tensorflow/.test(found.reason)) {
    return { loads: false, reason: 'the package is not installed' };
  }
  if (/tfjs_binding\.node\) can not be found/.test(found.reason)) {
    return { loads: false, reason: 'its addon is not built' };
  }
  return found;
}
