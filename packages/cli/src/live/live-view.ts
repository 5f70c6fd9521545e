import { emitKeypressEvents, type Key } from 'node:readline';
import type { MetricsRecord } from '@grpo/trainer';
import type { Output } from '../output.js';
import { frame, type LiveState, type Sample } from './frame.js';
import { progressClock } from './progress-clock.js';
import { samplesOf } from './samples.js';
import type { RunControl, View } from './view.js';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_BELOW = '\u001b[J';
const up = (lines: number) => (lines > 0 ? `\u001b[${lines}A\r` : '\r');

/** Notes that stay in view. */
const NOTES = 2;
const DEFAULT_WIDTH = 80;

/**
 * A picture of the run that is drawn anew after every step and every key; what stood above it stays.
 * Needs a terminal for both reading and writing.
 */
export function liveView(
  output: Output,
  { title, maxSteps }: Pick<LiveState, 'title' | 'maxSteps'>,
  control: RunControl,
): View {
  const { stdin, stdout } = output.terminal;
  const left = progressClock(maxSteps);
  const records: MetricsRecord[] = [];
  let samples: readonly Sample[] = [];
  let notes: readonly string[] = [];
  let [shown, secondsLeft, drawn] = [0, 0, 0];
  let status: LiveState['status'] = 'running';
  let goOn = () => {};

  const draw = () => {
    const width = stdout.columns ?? DEFAULT_WIDTH;
    const state = { title, records, maxSteps, secondsLeft, status, samples, shown, notes };
    // A picture higher than the terminal could not be drawn over.
    const lines = frame(state, width, output.colours).slice(0, (stdout.rows ?? 24) - 1);
    output.write(`${up(drawn)}${CLEAR_BELOW}${lines.join('\n')}\n`);
    drawn = lines.length;
  };
  const note = (message: string) => {
    notes = [...notes, message].slice(-NOTES);
    draw();
  };
  const stop = () => {
    status = 'stopping';
    control.stop();
    goOn();
    draw();
  };
  const pause = () => {
    if (status === 'stopping') return;
    const isHeld = status === 'paused' || status === 'pausing';
    status = isHeld ? 'running' : 'pausing';
    if (isHeld) goOn();
    draw();
  };
  const onKey = (text: string | undefined, key: Key) => {
    if (text === 'q' || (key.ctrl && key.name === 'c')) stop();
    else if (text === 'p') pause();
    else if (text === 's') control.save();
    else if (text === 'n') {
      shown += 1;
      draw();
    }
  };

  emitKeypressEvents(stdin);
  stdin.setRawMode?.(true);
  stdin.on('keypress', onKey);
  stdin.resume();
  output.write(HIDE_CURSOR);
  draw();
  return {
    onAdvantages: (collected, rewards) => {
      samples = samplesOf(collected, rewards);
      shown = 0;
    },
    onStep: (record) => {
      records.push(record);
      secondsLeft = left(record.step, record['time/step'] ?? 0);
      draw();
    },
    note,
    gate: async () => {
      if (status !== 'pausing') return;
      await new Promise<void>((resolve) => {
        goOn = resolve;
        status = 'paused';
        draw();
      });
    },
    close: () => {
      draw();
      stdin.off('keypress', onKey);
      stdin.setRawMode?.(false);
      stdin.pause();
      output.write(SHOW_CURSOR);
    },
  };
}
