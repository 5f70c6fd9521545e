import type { QuickJSHandle } from 'quickjs-emscripten';
import type { CodeLimits } from '../types.js';

/** What a test does in the sandbox; what it should give stays outside. */
export type CodeCall =
  | { readonly call: string; readonly args: string }
  | { readonly input: string };

/** What a test gave: the JSON of the returned value, the text that was printed, or why there is neither. */
export type CodeOutcome = { readonly gave: string } | { readonly reason: string };

export interface SandboxData {
  /** Where the package quickjs-emscripten lies. */
  readonly quickjs: string;
  readonly program: string;
  readonly calls: readonly CodeCall[];
  readonly limits: Required<CodeLimits>;
}

/**
 * The body of the sandbox's thread. It is handed to the thread as text, so it names nothing outside itself.
 *
 * Every call gets a new QuickJS machine, in which the program has been run: no host, no timers, no modules, only
 * `console.log`, `print`, `readline` and `input`. Outcomes are posted one by one, in order.
 */
export async function sandboxWorker(load: NodeJS.Require): Promise<void> {
  const { parentPort, workerData } = load(
    'node:worker_threads',
  ) as typeof import('node:worker_threads');
  const { quickjs, program, calls, limits } = workerData as SandboxData;
  const { getQuickJS } = load(quickjs) as typeof import('quickjs-emscripten');
  const engine = await getQuickJS();
  // The machine's own stack must end well before the thread's.
  const STACK_BYTES = 256 * 1024;
  const SET_UP = `(write, text) => {
    const show = (value) => typeof value === 'string' ? value : value !== null && typeof value === 'object'
      ? (JSON.stringify(value) ?? String(value)) : String(value);
    const print = (...values) => write(values.map(show).join(' ') + '\\n');
    const lines = text.split('\\n');
    if (lines.at(-1) === '') lines.pop();
    let next = 0;
    globalThis.input = text;
    globalThis.readline = () => next < lines.length ? lines[next++] : null;
    globalThis.print = print;
    globalThis.console = { log: print, info: print, warn() {}, error() {}, debug() {} };
    const { stringify } = JSON;
    return (value) => {
      const text = stringify(value, (_, part) => typeof part === 'bigint' ? String(part)
        : typeof part === 'number' && !Number.isFinite(part) ? String(part) : part);
      return text === undefined ? 'undefined' : text;
    };
  }`;

  function outcomeOf(one: CodeCall): CodeOutcome {
    const runtime = engine.newRuntime();
    runtime.setMemoryLimit(limits.memoryMiB * 2 ** 20);
    runtime.setMaxStackSize(STACK_BYTES);
    const machine = runtime.newContext();
    let printed = '';
    let hasOverflowed = false;
    let isInterrupted = false;

    const explained = (error: QuickJSHandle): { reason: string } => {
      const shown: unknown = machine.dump(error);
      const { name, message } = Object(shown) as { name?: unknown; message?: unknown };
      const text = typeof message === 'string' ? `${String(name)}: ${message}` : String(shown);
      if (hasOverflowed) return { reason: `printed more than ${limits.maxOutput} characters` };
      // An interrupted job may surface as another error: of the promise that was being resolved.
      if (isInterrupted) return { reason: `took longer than ${limits.timeMs} ms` };
      return { reason: `threw ${text.slice(0, 200)}` };
    };
    const call = (fn: QuickJSHandle, ...args: QuickJSHandle[]) =>
      machine.callFunction(fn, machine.undefined, args);
    const run = (code: string) => machine.evalCode(code, 'program.js');

    const write = machine.newFunction('write', (text) => {
      const chunk = machine.getString(text);
      if (printed.length + chunk.length > limits.maxOutput) {
        hasOverflowed = true;
        throw new Error('too much output');
      }
      printed += chunk;
    });
    const setUp = machine.unwrapResult(machine.evalCode(SET_UP));
    const text = machine.newString('input' in one ? one.input : '');
    const encode = machine.unwrapResult(call(setUp, write, text));

    const end = Date.now() + limits.timeMs;
    runtime.setInterruptHandler(() => {
      isInterrupted ||= Date.now() > end;
      return isInterrupted;
    });
    const started = run(program);
    if (started.error) return explained(started.error);
    let returned = started.value;
    if ('call' in one) {
      // A name, of a function or a path to one such as solution.add; the arguments are JSON.
      const result = run(`(${one.call})(...${one.args})`);
      if (result.error) return explained(result.error);
      returned = result.value;
    }
    const jobs = runtime.executePendingJobs();
    if (jobs.error) return explained(jobs.error);
    const state = machine.getPromiseState(returned);
    if (state.type === 'rejected') return explained(state.error);
    if (state.type === 'pending')
      return 'call' in one
        ? { reason: 'returned a promise that never settled' }
        : { gave: printed };
    if (hasOverflowed) return { reason: `printed more than ${limits.maxOutput} characters` };
    if ('input' in one) return { gave: printed };

    const encoded = call(encode, state.value);
    if (encoded.error) return explained(encoded.error);
    const gave = machine.getString(encoded.value);
    return gave.length > limits.maxOutput
      ? { reason: `returned more than ${limits.maxOutput} characters` }
      : { gave };
  }

  // The machines are not freed one by one: the thread ends after its calls and takes them along.
  for (const one of calls) parentPort?.postMessage(outcomeOf(one) satisfies CodeOutcome);
}
