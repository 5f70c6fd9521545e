/** The process of one workload: takes a step for each message, and answers with what it took. */
import type { SamplerChoice } from '@grpo/onnx';
import type { Precision } from '@grpo/policy';
import { type BackendName, initBackend } from '@grpo/tensor';
import { messageOf } from '../command-error.js';
import { matrixProductCeiling } from './ceiling.js';
import { openTraining, type StepFigures } from './training.js';
import type { Workload } from './workloads.js';

/** What the process is started with, as JSON. */
export interface WorkerTask {
  readonly workload: Workload;
  readonly backend: BackendName | undefined;
  readonly sampler: SamplerChoice;
  readonly precision: Precision;
}

/** What it says when it is ready. */
export interface WorkerReady {
  readonly kind: 'ready';
  readonly backend: BackendName;
  readonly sampler: string;
  readonly parameters: number;
  /** Floating-point operations per second. */
  readonly ceiling: number;
}

/** What it says after each step. */
export interface WorkerStep extends StepFigures {
  readonly kind: 'step';
  /** The most memory that the process has held so far, in MiB. */
  readonly peakMib: number;
  /** Floating-point operations per second of matrix products, measured beside the step. */
  readonly ceiling: number;
}

export type WorkerMessage =
  | WorkerReady
  | WorkerStep
  | { readonly kind: 'error'; readonly message: string };

const say = (message: WorkerMessage) => process.send?.(message);

async function main(): Promise<void> {
  const task = JSON.parse(process.argv[2] ?? '') as WorkerTask;
  const backend = await initBackend(task.backend);
  const training = await openTraining(task.workload, task);
  process.on('message', (lengths: readonly number[]) => {
    training.step(lengths).then(
      (figures) =>
        say({
          kind: 'step',
          ...figures,
          peakMib: process.resourceUsage().maxRSS / 1024,
          ceiling: matrixProductCeiling(),
        }),
      fail,
    );
  });
  process.on('disconnect', () => {
    training.close();
    process.exit(0);
  });
  say({
    kind: 'ready',
    backend: backend.name,
    sampler: training.samplerName,
    parameters: training.parameters,
    ceiling: matrixProductCeiling(),
  });
}

function fail(error: unknown): void {
  say({ kind: 'error', message: messageOf(error) });
}

main().catch(fail);
