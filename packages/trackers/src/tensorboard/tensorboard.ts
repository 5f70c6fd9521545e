import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { appendAt } from '../append-at.js';
import type { RunFacts, Sink, SinkState } from '../types.js';
import { cutEvents } from './cut-events.js';
import { scalarsEvent, startEvent, textEvent, versionEvent } from './events.js';
import { tfRecord } from './tf-record.js';

const FOLDER = 'tensorboard';
const OURS = /^events\.out\.tfevents\.\d+\.grpo\.(\d+)$/;

/**
 * Event files in the run's folder, under `tensorboard`, for `tensorboard --logdir runs`. Numbers are stored as float64
 * and read back exactly; the config is a text, without secrets. Where a resumed run wrote steps again, the old ones
 * are cut off, and a new file tells readers that have seen them from which step on they are void.
 */
export function tensorBoard(): Sink {
  return {
    name: 'tensorboard',
    start: async ({ run }) => {
      for (const name of await eventFiles(run)) await cutEvents(join(run.folder, FOLDER, name), -1);
      return { part: await nextPart(run), bytes: 0, from: 0 };
    },
    rewind: async (step, { part }, { run }) => {
      for (const name of await eventFiles(run))
        await cutEvents(join(run.folder, FOLDER, name), step);
      return { part: Number(part) + 1, bytes: 0, from: step + 1 };
    },
    write: async (points, state, { run }) => {
      const events = points.map(scalarsEvent);
      if (state.bytes === 0) events.unshift(...opening(run, Number(state.from)));
      const path = join(run.folder, FOLDER, fileName(run, Number(state.part)));
      const bytes = Buffer.concat(events.map(tfRecord));
      return { ...state, bytes: await appendAt(path, bytes, Number(state.bytes)) } as SinkState;
    },
  };
}

function opening(run: RunFacts, from: number): Buffer[] {
  const events = [versionEvent(run.startedMs), startEvent(run.startedMs, from)];
  if (from > 0) return events;
  const config = JSON.stringify(run.config, null, 2).replace(/^/gm, '    '); // Markdown's code
  return [...events, textEvent(run.startedMs, 'config', config)];
}

/** Readers take files in the order of their names. */
function fileName(run: RunFacts, part: number): string {
  const seconds = String(Math.floor(run.startedMs / 1000)).padStart(10, '0');
  return `events.out.tfevents.${seconds}.grpo.${String(part).padStart(4, '0')}`;
}

/** After those that are there: a sink that starts over voids them. */
async function nextPart(run: RunFacts): Promise<number> {
  const parts = (await eventFiles(run)).map((name) => Number(OURS.exec(name)?.[1]));
  return Math.max(-1, ...parts) + 1;
}

async function eventFiles(run: RunFacts): Promise<string[]> {
  const names = await readdir(join(run.folder, FOLDER)).catch(() => []);
  return names.filter((name) => OURS.test(name));
}
