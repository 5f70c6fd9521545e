import { type ChildProcess, fork, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { WorkerMessage, WorkerReady, WorkerStep, WorkerTask } from './worker.js';
import type { Workload } from './workloads.js';

/** A process that takes a step when it is told to. */
export interface Racer<Ready, Step> {
  readonly ready: Ready;
  /** @param lengths [P · G] tokens of each answer */
  step(lengths: readonly number[]): Promise<Step>;
  close(): void;
}

/** What the peer says when it is ready. */
export interface PeerReady {
  readonly kind: 'ready';
  /** Libraries with their versions, and threads. */
  readonly name: string;
}

/** What the peer says after each step. */
export interface PeerStep {
  readonly kind: 'step';
  readonly seconds: number;
  readonly parts: { readonly sampling: number };
  readonly peakMib: number;
}

/** Ours, in a process of its own. */
export async function openOwn(task: WorkerTask): Promise<Racer<WorkerReady, WorkerStep>> {
  const script = fileURLToPath(new URL('./worker.js', import.meta.url));
  const child = fork(script, [JSON.stringify(task)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const next = answersOf<WorkerMessage>(child, (take) => child.on('message', take));
  const ready = (await next()) as WorkerReady;
  return {
    ready,
    step: async (lengths) => {
      child.send(lengths);
      return (await next()) as WorkerStep;
    },
    close: () => child.disconnect(),
  };
}

/** Published beside the sources, as Python has no build. */
const PEER = fileURLToPath(new URL('../../src/bench/peer_trl.py', import.meta.url));

/** TRL in a Python that has it. */
export async function openPeer(
  python: string,
  workload: Workload,
): Promise<Racer<PeerReady, PeerStep>> {
  const child = spawn(python, [PEER, JSON.stringify(workload)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-2000);
  });
  child.stdin.on('error', () => {}); // a process that has ended is told of by its end
  const next = answersOf<PeerReady | PeerStep>(
    child,
    (take) => createInterface({ input: child.stdout }).on('line', (line) => take(JSON.parse(line))),
    () => said.trim().split('\n').at(-1) ?? '',
  );
  const ready = (await next()) as PeerReady;
  return {
    ready,
    step: async (lengths) => {
      child.stdin.write(`${JSON.stringify(lengths)}\n`);
      return (await next()) as PeerStep;
    },
    close: () => child.stdin.end(),
  };
}

/** The answers of a process one by one. @returns rejects where it says what went wrong, or ends */
function answersOf<T extends { readonly kind: string }>(
  child: ChildProcess,
  listen: (take: (answer: T) => void) => void,
  lastWords: () => string = () => '',
): () => Promise<T> {
  const answers: T[] = [];
  let [failure, wake] = [undefined as Error | undefined, () => {}];
  listen((answer) => {
    if (answer.kind === 'error') failure = new Error((answer as { message?: string }).message);
    else answers.push(answer);
    wake();
  });
  const end = (reason: string) => {
    failure ??= new Error(`grpo bench: a process ended before its step was done: ${reason}`);
    wake();
  };
  child.once('error', (error) => end(error.message));
  child.once('close', (status) => end(lastWords() || `status ${status}`));
  return async () => {
    while (answers.length === 0 && failure === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const answer = answers.shift();
    if (answer) return answer;
    throw failure;
  };
}
