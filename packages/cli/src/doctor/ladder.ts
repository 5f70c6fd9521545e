import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { BackendName } from '@grpo/tensor';

/** One rung of the backend ladder, and whether it carries. */
export interface Rung {
  readonly name: BackendName;
  readonly starts: boolean;
  /** Milliseconds that a product of two matrices of 256 x 256 takes, where it starts. */
  readonly milliseconds?: number;
  /** Why it was passed over, in the words of what failed. */
  readonly reason?: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** Starts one backend. Its result is a rung without a remedy. */
export type Probe = (name: BackendName) => Promise<Omit<Rung, 'remedy'>>;

const LADDER: readonly BackendName[] = ['gpu', 'simd', 'native', 'wasm', 'cpu'];
const PACKAGES = { gpu: '@tensorflow/tfjs-node-gpu', native: '@tensorflow/tfjs-node' } as const;
const LONGEST_MS = 60_000;
const MARK = 'grpo-doctor:';
const SIZE = 256;

/** Tries every rung, fastest first, each by itself. */
export async function climb(probe: Probe = probeInProcess): Promise<Rung[]> {
  const rungs: Rung[] = [];
  for (const name of LADDER) {
    const rung = await probe(name);
    const remedy = rung.starts ? undefined : remedyFor(name, rung.reason ?? '');
    rungs.push({ ...rung, ...(remedy !== undefined && { remedy }) });
  }
  return rungs;
}

/** What helps where a rung does not carry. */
export function remedyFor(name: BackendName, reason: string): string {
  if (name === 'wasm' || name === 'cpu') {
    return 'It comes with @grpo/tensor: remove node_modules and install again.';
  }
  if (name === 'simd') {
    return 'It is compiled where @grpo/tensor is installed: install a C++ compiler, then npm rebuild @grpo/tensor; without it a run uses the next one.';
  }
  const packageName = PACKAGES[name];
  if (reason.includes('Cannot find module') && reason.includes(packageName)) {
    return name === 'gpu'
      ? `Only for an NVIDIA GPU with CUDA: npm install ${packageName}`
      : `npm install ${packageName}`;
  }
  if (/tfjs_binding|addon|\.node\b/.test(reason)) {
    return `Its addon was not built for this Node: npm rebuild ${packageName} --build-from-source, or npm run native in a clone of the grpo repository, which tries several ways.`;
  }
  if (/ends the process|shared object|dlopen|GLIBC/.test(reason)) {
    return `Its library does not fit this machine: remove ${packageName}, so that a run goes on to the next one, or npm run native in a clone of the grpo repository.`;
  }
  return `Install it anew: npm install ${packageName}; without it a run uses another one.`;
}

const program = (name: BackendName, tensor: string) => `
  const { initBackend, matMul, tensor, tidy } = await import(${JSON.stringify(tensor)});
  try {
    await initBackend(${JSON.stringify(name)});
    const multiply = () => tidy(() => {
      const x = tensor(new Float32Array(${SIZE} * ${SIZE}).fill(0.5), [${SIZE}, ${SIZE}]);
      matMul(x, x).dataSync();
    });
    multiply();
    const start = performance.now();
    multiply();
    console.log(${JSON.stringify(MARK)} + JSON.stringify({ starts: true, milliseconds: Math.round(performance.now() - start) }));
  } catch (error) {
    console.log(${JSON.stringify(MARK)} + JSON.stringify({ starts: false, reason: error.message }));
  }
  process.exit(0);`;

/** A process of its own: one that loads the wrong library ends there, and no backend stays behind. */
export async function probeInProcess(name: BackendName): Promise<Omit<Rung, 'remedy'>> {
  const tensor = import.meta.resolve('@grpo/tensor');
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(name, tensor)], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '' },
    timeout: LONGEST_MS,
  });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  const [status, signal] = await once(child, 'close');
  const line = printed.split('\n').find((text) => text.startsWith(MARK));
  if (line !== undefined) {
    const { reason, ...rung } = JSON.parse(line.slice(MARK.length));
    return { name, ...rung, ...(reason && { reason: plain(name, reason) }) };
  }
  return {
    name,
    starts: false,
    reason: `loading it ends the process (${signal ?? `exit ${status}`})`,
  };
}

/** The reason without the frame that initBackend puts around it. */
function plain(name: BackendName, message: string): string {
  const framed = `initBackend: needs a backend that loads, got ${name}: `;
  if (!message.startsWith(framed)) return message;
  return message
    .slice(framed.length)
    .replace(/\. (?:Run the native set-up|Reinstall the dep).*$/s, '');
}
