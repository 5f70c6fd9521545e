import type { CheckReport, EndEpisode, RewardReport } from './check-reward.js';
import type { Distribution } from './distribution.js';

const BAR = 40;
const SHOWN_COMPLETION = 160;

/** Shares from which a line of advice is printed. */
const MANY_TIES = 0.5;
const MANY_FAILURES = 0.05;

/** A report as text for a terminal. */
export function formatCheck({ episodes, rewards }: CheckReport): string {
  return [`${episodes} episodes`, ...rewards.map(formatReward)].join('\n\n');
}

function formatReward(report: RewardReport): string {
  const { name, distribution: spread, nullShare, failures, failureExamples, ties } = report;
  const kinds = Object.entries(failures).filter(([, count]) => count > 0);
  const failed = kinds.map(([kind, count]) => `${count} ${kind}`).join(', ') || 'none';
  const times = report.secondsPerCall;
  return [
    `${name}\n${'-'.repeat(name.length)}`,
    ...(spread === undefined ? ['values       none'] : formatDistribution(spread)),
    `null         ${percent(nullShare)}`,
    `failures     ${failed}${kinds.length > 0 ? ` (${percent(report.failureShare)})` : ''}`,
    ...failureExamples.map((reason) => `             ${reason}`),
    `groups       ${ties.groups}, of which ${percent(ties.tiedGroups)} all equal; ` +
      `pairs equal ${percent(ties.tiedPairs)}; distinct values per group ${round(ties.distinctPerGroup)}`,
    times === undefined
      ? 'seconds      not called'
      : `seconds      mean ${round(times.mean)}, 95 % ${round(times.p95)}, longest ${round(times.longest)} per call`,
    ...advice(report),
    ...formatEnd('highest', report.best),
    ...formatEnd('lowest', report.worst),
  ].join('\n');
}

function formatDistribution(spread: Distribution): string[] {
  const { count, mean, standardDeviation, quantiles, histogram } = spread;
  const most = Math.max(...histogram.map((bin) => bin.count));
  return [
    `values       ${count}, mean ${round(mean)}, standard deviation ${round(standardDeviation)}`,
    `quantiles    min ${quantiles.map(round).join(' | ')} max   (0, 5, 25, 50, 75, 95, 100 %)`,
    ...histogram.map(
      ({ from, to, count: n }) =>
        `  ${round(from).padStart(8)} … ${round(to).padEnd(8)} ${'█'.repeat(Math.round((BAR * n) / most))} ${n}`,
    ),
  ];
}

function advice({ ties, failureShare, nullShare, distribution: spread }: RewardReport): string[] {
  const lines = [
    ties.groups > 0 &&
      ties.tiedGroups >= MANY_TIES &&
      'most groups are tied: they give no advantage. Choose harder or easier tasks, or a finer reward.',
    ties.groups === 0 &&
      'no group has two values: give the episodes of one task the same "task" to see ties.',
    failureShare >= MANY_FAILURES && 'failures are frequent: mend them before training.',
    nullShare === 1 && 'it applies to no episode: check the names of the columns.',
    spread !== undefined &&
      spread.count > 1 &&
      spread.standardDeviation === 0 &&
      'all values are equal: nothing can be learned from it.',
  ];
  return lines.filter((line) => line !== false).map((line) => `note         ${line}`);
}

function formatEnd(title: string, ends: readonly EndEpisode[]): string[] {
  return ends.map(
    ({ episode, value, completion }, i) =>
      `${(i === 0 ? title : '').padEnd(13)}${round(value)} episode ${episode}: ${shown(completion)}`,
  );
}

/** One line, with control characters written out, so that a completion cannot steer the terminal. */
function shown(completion: string): string {
  const line = JSON.stringify(completion.slice(0, SHOWN_COMPLETION));
  const safe = line.replace(/[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
  return completion.length > SHOWN_COMPLETION ? `${safe} …` : safe;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(4)));
}
