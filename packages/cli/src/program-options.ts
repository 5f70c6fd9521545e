import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ExitCode } from './command-error.js';
import type { Output } from './output.js';

/** Options of commander, by their names in camel case. */
export type Options = Readonly<Record<string, unknown>>;
export type Action = (
  output: Output,
  options: Options,
  args: readonly string[],
  command: Command,
) => Promise<ExitCode> | ExitCode;
/** Makes of an action what commander calls. */
export type Run = (action: Action) => (this: Command) => Promise<void>;

/** Which backend. */
export function backendOption(): Option {
  return new Option(
    '--backend <name>',
    'instead of GRPO_BACKEND, or the fastest that loads',
  ).choices(['gpu', 'simd', 'native', 'wasm', 'cpu']);
}

/** Where answers are sampled. */
export function samplerOption(): Option {
  return new Option(
    '--sampler <name>',
    'ONNX Runtime, the training engine, or the faster one that is there',
  )
    .choices(['auto', 'onnx', 'engine'])
    .default('auto');
}

/** What training multiplies in. */
export function precisionOption(): Option {
  return new Option('--precision <type>', 'what products are computed in')
    .choices(['float32', 'bfloat16'])
    .default('float32');
}

/** Which checkpoint of a run. */
export function checkpointOption(): Option {
  return new Option(
    '--checkpoint <which>',
    'of a run: latest, best or the number of a step',
  ).default('latest');
}

/** Parted by commas. */
export function listed(text: string): string[] {
  return text.split(',');
}

/** A whole number. */
export function counted(flag: string) {
  return (text: string): number => {
    if (/^\d+$/.test(text)) return Number(text);
    throw new InvalidArgumentError(`${flag} needs a whole number of 0 or above.`);
  };
}

/** A number that is not negative. */
export function number(flag: string) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
    throw new InvalidArgumentError(`${flag} needs a number of 0 or above.`);
  };
}
