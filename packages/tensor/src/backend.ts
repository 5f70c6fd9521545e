import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs';
import { registerSimdBackend } from './simd/register.js';
import type { BackendInfo, BackendName } from './types.js';
import { registerWasmKernels } from './wasm/register.js';

const LADDER: readonly BackendName[] = ['gpu', 'simd', 'native', 'wasm', 'cpu'];

const DESCRIPTIONS: Readonly<Record<BackendName, string>> = {
  gpu: 'TensorFlow on an NVIDIA GPU (@tensorflow/tfjs-node-gpu)',
  simd: 'kernels compiled for this processor',
  native: 'TensorFlow on the processor (@tensorflow/tfjs-node)',
  wasm: 'WebAssembly with SIMD (@tensorflow/tfjs-backend-wasm)',
  cpu: 'plain JavaScript (slow; for tests)',
};

const TFJS_NAMES: Readonly<Record<BackendName, string>> = {
  gpu: 'tensorflow',
  simd: 'simd',
  native: 'tensorflow',
  wasm: 'wasm',
  cpu: 'cpu',
};

const NATIVE_ADVICE =
  'Run the native set-up (npm run native in the grpo repository), install the package, or unset GRPO_BACKEND to use wasm.';
const ADVICE: Readonly<Record<BackendName, string>> = {
  gpu: NATIVE_ADVICE,
  simd: 'Install a C++ compiler and compile the kernels, or unset GRPO_BACKEND to use another backend.',
  native: NATIVE_ADVICE,
  wasm: 'Reinstall the dependencies.',
  cpu: 'Reinstall the dependencies.',
};

/**
 * Chooses and starts the backend that every tensor operation of this process uses.
 *
 * Without a name, the environment variable `GRPO_BACKEND` decides, and without that the first of
 * gpu, simd, native, wasm, cpu that loads. A backend asked for by name is never replaced by another.
 *
 * @returns the backend in use, with the reason for each rung that was passed over.
 * @throws if the name is unknown, or if the backend asked for by name does not load.
 */
export async function initBackend(name?: BackendName): Promise<BackendInfo> {
  const wanted = name ?? parseBackendName(process.env.GRPO_BACKEND);
  const passedOver: { name: BackendName; reason: string }[] = [];
  for (const candidate of wanted === undefined ? LADDER : [wanted]) {
    try {
      await startBackend(candidate);
      return { name: candidate, description: DESCRIPTIONS[candidate], passedOver };
    } catch (error) {
      passedOver.push({ name: candidate, reason: firstLine(error) });
    }
  }
  const reasons = passedOver.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  throw new Error(
    `initBackend: needs a backend that loads, got ${reasons}. ${ADVICE[wanted ?? 'cpu']}`,
  );
}

/** The backends that load on this machine, in ladder order; leaves the last of them active. */
export async function availableBackends(): Promise<BackendName[]> {
  const found: BackendName[] = [];
  for (const candidate of LADDER) {
    // gpu and native register under one TensorFlow.js name: the first to load holds it.
    if (candidate === 'native' && found.includes('gpu')) continue;
    try {
      await startBackend(candidate);
      found.push(candidate);
    } catch {
      // Absent is an answer here; initBackend is where the reason is told.
    }
  }
  return found;
}

function parseBackendName(value: string | undefined): BackendName | undefined {
  if (value === undefined || value === '') return undefined;
  const name = LADDER.find((candidate) => candidate === value);
  if (name !== undefined) return name;
  throw new Error(
    `initBackend: GRPO_BACKEND needs one of ${LADDER.join(', ')}, got "${value}". Unset it to take the fastest that loads.`,
  );
}

async function startBackend(name: BackendName): Promise<void> {
  // TensorFlow.js otherwise checks every result for NaN and advertises its Node package.
  tf.env().set('PROD', true);
  if (name === 'gpu') loadNative('@tensorflow/tfjs-node-gpu');
  if (name === 'simd') registerSimdBackend();
  if (name === 'native') loadNative('@tensorflow/tfjs-node');
  if (name === 'wasm') {
    await import('@tensorflow/tfjs-backend-wasm');
    registerWasmKernels();
  }
  if (!(await tf.setBackend(TFJS_NAMES[name]))) throw new Error(`${name} did not start`);
}

function loadNative(packageName: string): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  // TensorFlow turns oneDNN's products of matrices on by itself only where a processor has AVX-512.
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  const require = createRequire(import.meta.url);
  // tfjs-node 4.22 calls a function of node:util that Node 23 took out.
  const util = require('node:util') as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  require(packageName);
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n')[0] ?? text;
}
