import { loadPeer } from '../load-peer.js';
import type { CodeLimits, CodeTest, CodeTestResult } from '../types.js';
import { isSameJson } from './same-json.js';
import {
  type CodeCall,
  type CodeOutcome,
  type SandboxData,
  sandboxWorker,
} from './sandbox-worker.js';

/** Over its own limit, before the thread is ended: native calls of QuickJS cannot be interrupted. */
const GRACE_MS = 500;
/** To start the thread and compile QuickJS, on a machine that is busy. */
const START_MS = 10_000;

const NOT_RUN = 'was not run: an earlier test ended the sandbox';

/**
 * Runs a JavaScript program against tests in a sandbox: QuickJS compiled to WebAssembly, in a thread of its own. The
 * program sees no host, no network, no files and not what the tests expect. A test that takes too long is interrupted,
 * and where that is not possible the thread is ended, which fails the tests after it too.
 *
 * @returns [tests] how each test went
 * @throws Error if quickjs-emscripten is not installed; the signal's reason if it is aborted
 */
export async function runCode(
  program: string,
  tests: readonly CodeTest[],
  {
    timeMs = 2000,
    memoryMiB = 64,
    maxOutput = 65_536,
    signal,
  }: CodeLimits & { readonly signal?: AbortSignal | undefined } = {},
): Promise<CodeTestResult[]> {
  signal?.throwIfAborted();
  const limits = { timeMs, memoryMiB, maxOutput };
  const calls = tests.map(
    (test): CodeCall =>
      'call' in test ? { call: test.call, args: JSON.stringify(test.args) } : { input: test.input },
  );
  const outcomes = await runInThread({ quickjs: await locate(), program, calls, limits }, signal);
  return tests.map((test, i) => judged(test, outcomes[i] ?? { reason: NOT_RUN }));
}

async function locate(): Promise<string> {
  const { createRequire } = await import('node:module');
  const resolve = createRequire(import.meta.url).resolve;
  return loadPeer('quickjs-emscripten', 'codeTests', async () => resolve('quickjs-emscripten'));
}

async function runInThread(data: SandboxData, signal?: AbortSignal): Promise<CodeOutcome[]> {
  const { Worker } = await import('node:worker_threads');
  const worker = new Worker(`(${sandboxWorker.toString()})(require)`, {
    eval: true,
    workerData: data,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 128, stackSizeMb: 8 },
  });
  const outcomes: CodeOutcome[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const stop = (reason: string): void => {
        outcomes.push({ reason });
        resolve();
      };
      const wait = (ms: number): void => {
        clearTimeout(timer);
        timer = setTimeout(stop, ms, `took longer than ${data.limits.timeMs} ms`);
      };
      abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      worker.on('message', (outcome: CodeOutcome) => {
        outcomes.push(outcome);
        if (outcomes.length === data.calls.length) resolve();
        else wait(data.limits.timeMs + GRACE_MS);
      });
      worker.on('error', (error) => stop(`ended the sandbox: ${error.message.slice(0, 200)}`));
      worker.on('exit', () => stop('ended the sandbox'));
      wait(START_MS + data.limits.timeMs);
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    await worker.terminate();
  }
  return outcomes;
}

function judged(test: CodeTest, outcome: CodeOutcome): CodeTestResult {
  if ('reason' in outcome) return { passed: false, reason: outcome.reason };
  const isRight =
    'call' in test
      ? isSameJson(outcome.gave, test.returns)
      : withoutTrailingSpace(outcome.gave) === withoutTrailingSpace(test.output);
  return isRight
    ? { passed: true }
    : { passed: false, reason: `gave ${outcome.gave.slice(0, 200)}` };
}

function withoutTrailingSpace(text: string): string {
  return text
    .replace(/\r/g, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd();
}
