import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { SamplerChoice } from '@grpo/onnx';
import type { Precision } from '@grpo/policy';
import type { BackendName } from '@grpo/tensor';
import { chartOf } from '../bench/chart.js';
import { openOwn, openPeer, type PeerStep } from '../bench/racer.js';
import { type BenchResult, resultOf } from '../bench/result.js';
import type { WorkerStep } from '../bench/worker.js';
import { lengthsOf, sweeps, type Workload, workloads } from '../bench/workloads.js';
import { CommandError, EXIT, type ExitCode } from '../command-error.js';
import type { Output } from '../output.js';
import { short, table } from '../text.js';

/** What `grpo bench` is asked for. */
export interface BenchRequest {
  /** Names of workloads. Default: all, or none where a sweep is asked for. */
  readonly workloads?: readonly string[] | undefined;
  readonly sweeps: readonly string[];
  /** Steps to measure of each, after one to warm up. */
  readonly steps: number;
  readonly backend?: BackendName | undefined;
  readonly sampler: SamplerChoice;
  readonly precision: Precision;
  /** A Python that has TRL. */
  readonly peer?: string | undefined;
  /** Where results.json and chart.svg go. Default: nowhere. */
  readonly folder?: string | undefined;
}

/** Measures training steps, in turn with a peer where one is named. */
export async function bench(request: BenchRequest, output: Output): Promise<ExitCode> {
  const results: BenchResult[] = [];
  const [{ model = 'unknown' } = {}] = cpus();
  output.line(`${cpus().length} x ${model.trim()}, Node ${process.versions.node}`);
  for (const workload of chosen(request)) {
    const result = await measure(workload, request);
    results.push(result);
    for (const line of reportOf(result)) output.line(line);
  }
  output.json({
    cores: cpus().length,
    processor: model.trim(),
    node: process.versions.node,
    results,
  });
  if (request.folder !== undefined) {
    mkdirSync(request.folder, { recursive: true });
    const written = {
      'results.json': `${JSON.stringify(results, null, 2)}\n`,
      'chart.svg': chartOf(results),
    };
    for (const [name, text] of Object.entries(written))
      writeFileSync(join(request.folder, name), text);
    output.note(`Written: ${Object.keys(written).join(' and ')} in ${request.folder}`);
  }
  return EXIT.done;
}

function chosen({ workloads: names, sweeps: grown }: BenchRequest): readonly Workload[] {
  const wanted = names ?? (grown.length > 0 ? [] : workloads.map(({ name }) => name));
  const named = wanted.map((name) =>
    found(
      name,
      workloads.find((one) => one.name === name),
      workloads.map((one) => one.name),
    ),
  );
  const swept = grown.flatMap((name) => found(name, sweeps[name], Object.keys(sweeps)));
  return [...named, ...swept];
}

function found<T>(name: string, value: T | undefined, known: readonly string[]): T {
  if (value !== undefined) return value;
  throw new CommandError(EXIT.usage, `grpo bench: needs one of ${known.join(', ')}, got ${name}.`);
}

/** One workload: a step to warm up, then as many as asked for, the peer's in turn with ours. */
async function measure(workload: Workload, request: BenchRequest): Promise<BenchResult> {
  const { backend, sampler, precision, steps } = request;
  const own = await openOwn({ workload, backend, sampler, precision });
  const peer =
    request.peer === undefined
      ? undefined
      : await openPeer(request.peer, workload).catch((error) => {
          own.close();
          throw error;
        });
  const taken: WorkerStep[] = [];
  const peerTaken: PeerStep[] = [];
  try {
    for (let step = 0; step <= steps; step++) {
      const lengths = lengthsOf(workload, step);
      const figures = await own.step(lengths);
      const others = await peer?.step(lengths);
      if (step === 0) continue;
      taken.push(figures);
      if (others) peerTaken.push(others);
    }
  } finally {
    own.close();
    peer?.close();
  }
  const raced = peer && { name: peer.ready.name, steps: peerTaken };
  return resultOf(workload, own.ready, taken, raced);
}

/** A result for people. */
function reportOf(result: BenchResult): string[] {
  const { workload, parts, tokensPerSecond, utilisation, peer } = result;
  const {
    hidden,
    layers,
    vocabulary,
    prompts,
    group,
    prompt,
    completion,
    lengths,
    turns = 1,
  } = workload;
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const lines = [
    '',
    `${workload.name}: ${hidden} x ${layers}, vocabulary ${vocabulary}, ${prompts} x ${group} answers of ${lengths === 'full' ? '' : '1 to '}${completion} tokens to ${prompt}${turns > 1 ? `, ${turns} turns` : ''}; ${result.backend}, sampling on ${result.sampler}`,
    ...table([
      [
        '  step',
        `${short(result.seconds)} s`,
        `${short(tokensPerSecond.step)} tokens/s`,
        `${percent(utilisation.step)} of ${short(result.ceiling)} GFLOP/s`,
      ],
      ...Object.entries(parts).map(([name, seconds]) => [
        `  ${name}`,
        `${short(seconds)} s`,
        percent(seconds / result.seconds),
        '',
      ]),
    ]),
    `  sampling reaches ${short(tokensPerSecond.sampling)} tokens/s and ${percent(utilisation.sampling)} of the ceiling, training ${percent(utilisation.training)}; peak ${Math.round(result.peakMib)} MiB`,
  ];
  if (result.logProbDifference !== undefined)
    lines.push(
      `  log-probs of sampler and policy differ by at most ${result.logProbDifference.toExponential(1)}`,
    );
  if (peer) {
    const { ratio } = peer;
    lines.push(
      `  ${peer.name}: step ${short(peer.seconds)} s, sampling ${short(peer.sampling)} s, peak ${Math.round(peer.peakMib)} MiB`,
      `  the peer takes ${short(ratio.step)} times the step, ${short(ratio.sampling)} times the sampling, ${short(ratio.memory)} times the memory`,
    );
  }
  return lines;
}
