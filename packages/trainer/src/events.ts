import { appendJsonLines } from './json-lines.js';

/** How much an event matters to a person. */
export type EventLevel = 'info' | 'warning' | 'error';

/** Something that happened in a run, beside its numbers. */
export interface RunEvent {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly level: EventLevel;
  /** From a closed list, so that it can be searched for. */
  readonly event: RunEventName;
  /** Steps finished when it happened. */
  readonly step: number;
  /** For people. */
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Everything that a run reports. */
export type RunEventName =
  | 'started'
  | 'resumed'
  | 'lock-taken-over'
  | 'checkpoint-saved'
  | 'checkpoint-failed'
  | 'checkpoint-damaged'
  | 'step-skipped'
  | 'alarm'
  | 'tracker-failed'
  | 'stop-requested'
  | 'stopped-early'
  | 'failed'
  | 'finished';

/** Is told of every event. */
export type Log = (event: RunEvent) => void;

/** Writes events as JSON lines; a disk that is full costs the line, not the run. */
export function fileLog(path: string, onError: (error: unknown) => void = () => {}): Log {
  return (event) => {
    try {
      appendJsonLines(path, [event]);
    } catch (error) {
      onError(error);
    }
  };
}
