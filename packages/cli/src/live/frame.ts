import type { MetricsRecord } from '@grpo/trainer';
import type { Output } from '../output.js';
import { cut, duration, oneLine, short } from '../text.js';
import { sparkline } from './sparkline.js';

/** An episode as the live view shows it. */
export interface Sample {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  /** By the reward's name; null where it does not apply. */
  readonly rewards: Readonly<Record<string, number | null>>;
  /** The weighted sum. */
  readonly reward: number;
}

/** Everything that a frame shows. */
export interface LiveState {
  readonly title: string;
  readonly records: readonly MetricsRecord[];
  readonly maxSteps: number;
  readonly secondsLeft: number;
  readonly status: 'running' | 'pausing' | 'paused' | 'stopping';
  readonly samples: readonly Sample[];
  /** Number of the sample that is shown. */
  readonly shown: number;
  /** What was said last, newest last. */
  readonly notes: readonly string[];
}

const CURVES = [
  ['reward', 'reward'],
  ['kl', 'kl'],
  ['entropy', 'entropy'],
  ['length', 'completions/mean_length'],
  ['eval', 'eval/reward'],
] as const;
const PARTS = ['rollout', 'advantage', 'optimise', 'critic'];
const LABEL = 9;
const NUMBER = 9;
const BAR = 24;
/** Lines of a sample's conversation. */
const TURNS = 4;

/**
 * One picture of a run, line by line, none wider than the terminal.
 *
 * @param width cells of the terminal
 */
export function frame(
  { title, records, maxSteps, secondsLeft, status, samples, shown, notes }: LiveState,
  width: number,
  colours: Output['colours'],
): string[] {
  const record = records.at(-1);
  const step = record?.step ?? 0;
  const filled = Math.round((BAR * step) / maxSteps);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}`;
  const speed = record?.['time/tokens_per_second'];
  const progress = [
    `${bar} ${step}/${maxSteps}`,
    record ? `${duration(secondsLeft)} left` : 'the first step is under way',
    ...(speed === undefined ? [] : [`${short(speed)} tokens/s`]),
  ].join('  ');

  const curves = CURVES.flatMap(([label, name]) => {
    const values = records.flatMap((one) => one[name] ?? []);
    const newest = values.at(-1);
    if (newest === undefined) return [];
    const curve = sparkline(values, Math.max(0, width - LABEL - NUMBER - 1));
    return [`${label.padEnd(LABEL)}${short(newest).padEnd(NUMBER)}${colours.cyan(curve)}`];
  });

  const sample = samples[shown % Math.max(1, samples.length)];
  const dim = (text: string) => colours.dim(cut(text, width));
  return [
    colours.bold(cut(`grpo  ${title}  ${status}`, width)),
    colours.green(cut(progress, width)),
    ...curves,
    ...(record ? [dim(breakdown(record))] : []),
    ...(sample ? sampleLines(sample, shown % samples.length, samples.length, width, colours) : []),
    ...notes.map((note) => colours.yellow(cut(oneLine(note), width))),
    dim(`p ${status === 'paused' ? 'go on' : 'pause'}   s save   n next sample   q quit`),
  ];
}

/** Where the time of the newest step went. */
function breakdown(record: MetricsRecord): string {
  const whole = record['time/step'] ?? 0;
  const shares = PARTS.flatMap((part) => {
    const share = (record[`time/${part}`] ?? 0) / whole;
    return share >= 0.005 ? [`${part} ${Math.round(100 * share)} %`] : [];
  });
  return [`${'step'.padEnd(LABEL)}${short(whole)} s`, ...shares].join('  ');
}

function sampleLines(
  { messages, rewards, reward }: Sample,
  number: number,
  count: number,
  width: number,
  colours: Output['colours'],
): string[] {
  const parts = Object.entries(rewards).map(
    ([name, value]) => `${name} ${value === null ? 'none' : short(value)}`,
  );
  const head = `sample ${number + 1} of ${count}  reward ${short(reward)} (${parts.join(', ')})`;
  const turns = messages.slice(-TURNS).map(({ role, content }) => {
    const line = cut(`  ${role}: ${oneLine(content)}`, width);
    return role === 'assistant' ? colours.cyan(line) : line;
  });
  return [colours.bold(cut(head, width)), ...turns];
}
