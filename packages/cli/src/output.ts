import pc from 'picocolors';
import { redact } from './redact.js';
import type { Terminal } from './types.js';

/** How a command talks: what it found goes to standard output, what it does to standard error. */
export interface Output {
  readonly terminal: Terminal;
  /** One JSON value, or one per line, instead of text for people. */
  readonly isJson: boolean;
  readonly colours: ReturnType<typeof pc.createColors>;
  /** Whether a person watches standard output. */
  readonly isWatched: boolean;
  /** A line of the result; nothing where the result is JSON. */
  readonly line: (text?: string) => void;
  /** A line about what is being done. */
  readonly note: (text: string) => void;
  /** A value of the result where it is JSON; nothing otherwise. */
  readonly json: (value: unknown, isPretty?: boolean) => void;
  /** Text as it is, without a new line. */
  readonly write: (text: string) => void;
}

/** Secrets are taken out of everything that goes through it. */
export function createOutput(terminal: Terminal, isJson: boolean): Output {
  const { stdout, stderr, env } = terminal;
  const isWatched = stdout.isTTY === true && env.TERM !== 'dumb';
  const hasColours = isWatched && !env.NO_COLOR && !isJson;
  const safe = (text: string) => redact(text, env);
  return {
    terminal,
    isJson,
    isWatched,
    colours: pc.createColors(hasColours),
    line: (text = '') => {
      if (!isJson) stdout.write(`${safe(text)}\n`);
    },
    note: (text) => stderr.write(`${safe(text)}\n`),
    json: (value, isPretty = true) => {
      if (isJson) stdout.write(`${safe(JSON.stringify(value, null, isPretty ? 2 : 0))}\n`);
    },
    write: (text) => stdout.write(safe(text)),
  };
}
