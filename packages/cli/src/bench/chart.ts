import type { BenchResult } from './result.js';

const BAR = { height: 14, gap: 3, group: 18, left: 110, width: 520, right: 80 };
const TEXT = '#7d8590'; // 4:1 on white and on black
const FONT = 'font-family="system-ui, sans-serif" font-size="11"';
/** The parts of a step in their order, with what stands beside each other told apart by colour. */
const COLOURS: Readonly<Record<string, string>> = {
  sampling: '#3b82f6',
  synchronisation: '#93c5fd',
  reward: '#a3a3a3',
  forward: '#e0762f',
  loss: '#fcd34d',
  backward: '#b45309',
  optimizer: '#22a06b',
  other: '#a78bfa',
};

/** A bar, and what is written behind it. */
interface Bar {
  readonly parts: Readonly<Record<string, number>>;
  readonly name: string;
  readonly label: string;
}

/**
 * Where the time of a step goes: one bar for each workload, and one for the peer below it. Bars of a workload share a
 * scale; the ground is left out, so that a page may be light or dark.
 *
 * @returns the text of an SVG file
 */
export function chartOf(results: readonly BenchResult[]): string {
  const groups = results.map((result) => barsOf(result));
  let y = 0;
  const drawn = groups.map((bars) => {
    const scale = BAR.width / Math.max(...bars.map((bar) => total(bar)));
    const lines = bars.map((bar) => {
      const line = drawBar(bar, y, scale);
      y += BAR.height + BAR.gap;
      return line;
    });
    y += BAR.group - BAR.gap;
    return lines.join('\n');
  });
  const legend = Object.entries(COLOURS).map(([name, colour], i) => {
    const x = BAR.left + (i % 4) * 130;
    const top = y + 18 * Math.floor(i / 4);
    return `<rect x="${x}" y="${top}" width="11" height="11" fill="${colour}"/><text x="${x + 16}" y="${top + 10}">${name}</text>`;
  });
  const width = BAR.left + BAR.width + BAR.right;
  const height = y + 36;
  const title = `Seconds of a training step by its parts: ${results.map(({ workload }) => workload.name).join(', ')}`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">`,
    `<style>text{fill:${TEXT}}</style>`,
    `<g ${FONT}>`,
    ...drawn,
    ...legend,
    '</g>',
    '</svg>',
  ].join('\n')}\n`;
}

function barsOf({ workload, parts, seconds, peer }: BenchResult): Bar[] {
  const own = { name: workload.name, parts, label: `${seconds.toFixed(2)} s` };
  if (peer === undefined) return [own];
  const label = `${peer.seconds.toFixed(2)} s, ${peer.ratio.step.toFixed(1)} times`;
  const rest = { sampling: peer.sampling, other: peer.seconds - peer.sampling };
  return [own, { name: 'TRL', parts: rest, label }];
}

function total({ parts }: Bar): number {
  return Object.values(parts).reduce((sum, value) => sum + value, 0);
}

function drawBar({ name, parts, label }: Bar, y: number, scale: number): string {
  let x = BAR.left;
  const rects = Object.entries(COLOURS).map(([part, colour]) => {
    const width = (parts[part] ?? 0) * scale;
    const rect = `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR.height}" fill="${colour}"><title>${part} ${(parts[part] ?? 0).toFixed(3)} s</title></rect>`;
    x += width;
    return rect;
  });
  const base = y + BAR.height - 3;
  return [
    `<text x="${BAR.left - 6}" y="${base}" text-anchor="end">${name}</text>`,
    ...rects,
    `<text x="${(x + 6).toFixed(1)}" y="${base}">${label}</text>`,
  ].join('');
}
