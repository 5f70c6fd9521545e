import type { PeerStep } from './racer.js';
import type { WorkerReady, WorkerStep } from './worker.js';
import { lengthsOf, modelFlops, type Workload } from './workloads.js';

/** What was measured of one workload. Times are medians over its steps, in seconds. */
export interface BenchResult {
  readonly workload: Workload;
  readonly backend: string;
  readonly sampler: string;
  readonly parameters: number;
  /** Steps that were measured, after one to warm up. */
  readonly steps: number;
  readonly seconds: number;
  /** Of each part of the step; `other` is what the trainer does beside them. */
  readonly parts: Readonly<Record<string, number>>;
  /** Tokens that the model sampled, per second of the whole step and of sampling alone. */
  readonly tokensPerSecond: { readonly step: number; readonly sampling: number };
  readonly peakMib: number;
  /** GFLOP/s that products of 1024 x 1024 matrices reached beside the steps, at best. */
  readonly ceiling: number;
  /** Model FLOP per second as a share of the ceiling: of the step, of sampling, of both passes of training. */
  readonly utilisation: {
    readonly step: number;
    readonly sampling: number;
    readonly training: number;
  };
  /** Largest difference between a log-prob of the sampler and of the policy, in nats. */
  readonly logProbDifference?: number;
  readonly peer?: PeerResult;
}

export interface PeerResult {
  readonly name: string;
  readonly seconds: number;
  readonly sampling: number;
  readonly peakMib: number;
  /** The peer's number divided by ours: above 1 where ours is smaller. */
  readonly ratio: { readonly step: number; readonly sampling: number; readonly memory: number };
}

/** Sums up steps that were taken; the same number of the peer's, where there is one. */
export function resultOf(
  workload: Workload,
  ready: WorkerReady,
  steps: readonly WorkerStep[],
  peer?: { readonly name: string; readonly steps: readonly PeerStep[] },
): BenchResult {
  const seconds = median(steps.map((step) => step.seconds));
  const names = [...new Set(steps.flatMap(({ parts }) => Object.keys(parts)))];
  const parts = Object.fromEntries(
    names.map((name) => [name, median(steps.map((step) => step.parts[name] ?? 0))]),
  );
  const of = (name: string) => parts[name] ?? 0;
  const known = Object.values(parts).reduce((sum, value) => sum + value, 0);
  const sampling = of('sampling') + of('synchronisation');
  const training = of('forward') + of('backward');
  const ceiling = Math.max(ready.ceiling, ...steps.map((step) => step.ceiling));
  const { flops, tokens } = meanWork(workload, steps.length);
  const share = (work: number, time: number) => work / Math.max(time, 1e-9) / ceiling;
  const differences = steps.flatMap(({ logProbDifference }) => logProbDifference ?? []);
  const peakMib = Math.max(...steps.map((step) => step.peakMib));
  return {
    workload,
    backend: ready.backend,
    sampler: ready.sampler,
    parameters: ready.parameters,
    steps: steps.length,
    seconds,
    parts: { ...parts, other: Math.max(0, seconds - known) },
    tokensPerSecond: { step: tokens / seconds, sampling: tokens / sampling },
    peakMib,
    ceiling: ceiling / 1e9,
    utilisation: {
      step: share(flops.sampling + flops.forward + flops.backward, seconds),
      sampling: share(flops.sampling, sampling),
      training: share(flops.forward + flops.backward, training),
    },
    ...(differences.length > 0 && { logProbDifference: Math.max(...differences) }),
    ...(peer && { peer: peerResult(peer, { seconds, sampling, peakMib }) }),
  };
}

function peerResult(
  { name, steps }: { readonly name: string; readonly steps: readonly PeerStep[] },
  ours: { readonly seconds: number; readonly sampling: number; readonly peakMib: number },
): PeerResult {
  const seconds = median(steps.map((step) => step.seconds));
  const sampling = median(steps.map(({ parts }) => parts.sampling));
  const peakMib = Math.max(...steps.map((step) => step.peakMib));
  return {
    name,
    seconds,
    sampling,
    peakMib,
    ratio: {
      step: seconds / ours.seconds,
      sampling: sampling / ours.sampling,
      memory: peakMib / ours.peakMib,
    },
  };
}

/** Model FLOP and sampled tokens of a step, as a mean over the steps that were measured. */
function meanWork(workload: Workload, steps: number) {
  const { turns = 1 } = workload;
  const sums = { sampling: 0, forward: 0, backward: 0 };
  let tokens = 0;
  for (let step = 1; step <= steps; step++) {
    const lengths = lengthsOf(workload, step);
    const { sampling, forward, backward } = modelFlops(workload, lengths);
    sums.sampling += sampling / steps;
    sums.forward += forward / steps;
    sums.backward += backward / steps;
    tokens += (turns * lengths.reduce((sum, length) => sum + length, 0)) / steps;
  }
  return { flops: sums, tokens };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
