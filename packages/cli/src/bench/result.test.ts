import { expect, it } from 'vitest';
import { chartOf } from './chart.js';
import { resultOf } from './result.js';
import { modelFlops, type Workload, workloads } from './workloads.js';

const [workload] = workloads as [Workload];
const lengths = Array.from({ length: 32 }, () => 64);
const { forward } = modelFlops(workload, lengths);
const ready = {
  kind: 'ready',
  backend: 'native',
  sampler: 'onnx',
  parameters: 10,
  ceiling: forward, // a forward pass takes a second at best
} as const;

const step = (seconds: number, peakMib: number) => ({
  kind: 'step' as const,
  seconds,
  parts: { sampling: 2, synchronisation: 0, forward: 1, backward: 4 },
  peakMib,
  ceiling: forward / 2,
  logProbDifference: seconds / 1e6,
});

const peer = {
  name: 'TRL',
  steps: [{ kind: 'step' as const, seconds: 24, parts: { sampling: 8 }, peakMib: 100 }],
};

it('a result holds medians, shares of the ceiling, and the peer as multiples of ours', () => {
  const result = resultOf(workload, ready, [step(8, 40), step(9, 50), step(7, 50)], peer);
  expect(result).toMatchObject({
    steps: 3,
    seconds: 8,
    peakMib: 50,
    parts: { sampling: 2, forward: 1, backward: 4, other: 1 },
    tokensPerSecond: { step: 256, sampling: 1024 },
    ceiling: forward / 1e9,
    utilisation: { step: 4 / 8, sampling: 1 / 2, training: expect.closeTo(3 / 5) },
    logProbDifference: 9e-6,
    peer: { ratio: { step: 3, sampling: 4, memory: 2 } },
  });
});

it('the chart has a bar for each part that took time, and one below for the peer', () => {
  const svg = chartOf([resultOf(workload, ready, [step(8, 40)], peer)]);
  expect(svg).toContain('<title>backward 4.000 s</title>');
  expect(svg).toContain('>24.00 s, 3.0 times</text>');
  expect(svg.match(/NaN|undefined/)).toBeNull();
});
