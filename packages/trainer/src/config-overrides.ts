import { readFileSync } from 'node:fs';
import { checkField, isField } from './config.js';
import { CONFIG_FIELDS } from './config-fields.js';
import type { TrainConfig } from './types.js';

/**
 * Fields from a JSON file, checked one by one.
 *
 * @throws where the file cannot be read, is not one JSON object, or a field is unknown or out of range; the message
 * names the file and the field
 */
export function configFromFile(path: string): Partial<TrainConfig> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(
      `configFromFile: needs JSON in ${path}, got ${(error as Error).message}. Write one object, such as {"maxSteps": 100}.`,
    );
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Error(
      `configFromFile: needs one JSON object in ${path}, got ${JSON.stringify(parsed).slice(0, 40)}. Write one object, such as {"maxSteps": 100}.`,
    );
  }
  const fields = Object.entries(parsed).map(
    ([name, value]) => [name, atOnce(name, value)] as const,
  );
  for (const [name, value] of fields) checkField(name, value, `configFromFile (${path})`);
  return Object.fromEntries(fields);
}

/**
 * Fields from command-line flags: `--learning-rate 1e-5`, `--learningRate=1e-5`, `--sync-ref-model`,
 * `--no-log-completions`.
 *
 * @returns the fields, and the arguments that are none of them, in their order
 * @throws where a flag of ours has no value or one that it may not hold
 * @example configFromFlags(['run', '--max-steps', '10', '--seed=3']) // { config: { maxSteps: 10, seed: 3 }, rest: ['run'] }
 */
export function configFromFlags(args: readonly string[]): {
  readonly config: Partial<TrainConfig>;
  readonly rest: readonly string[];
} {
  const config: Record<string, unknown> = {};
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [, flag = '', given] = /^--([^=]+)(?:=(.*))?$/s.exec(args[i]) ?? [];
    const name = camelCase(flag);
    const negated = camelCase(flag.replace(/^no-/, ''));
    if (isTruth(name) && given === undefined) config[name] = true;
    else if (flag.startsWith('no-') && isTruth(negated) && given === undefined)
      config[negated] = false;
    else if (isField(name)) {
      const text = given ?? args[++i];
      if (text === undefined) {
        throw new Error(
          `configFromFlags: --${flag} needs ${CONFIG_FIELDS[name].allowed}, got nothing. Write it after the flag.`,
        );
      }
      config[name] = parseText(name, text);
      checkField(name, config[name], 'configFromFlags');
    } else rest.push(args[i]);
  }
  return { config, rest };
}

/** JSON has no infinity: `null` stands for "all at once" in the sizes of a stored configuration. */
function atOnce(name: string, value: unknown): unknown {
  const isSize = isField(name) && CONFIG_FIELDS[name].default === Number.POSITIVE_INFINITY;
  return value === null && isSize ? Number.POSITIVE_INFINITY : value;
}

/** The value that a text stands for; a text that stands for none stays one, and is refused with its field. */
function parseText(name: keyof TrainConfig, text: string): unknown {
  const { default: fallback } = CONFIG_FIELDS[name];
  if (typeof fallback === 'string') return text;
  if (typeof fallback === 'boolean')
    return text === 'true' ? true : text === 'false' ? false : text;
  return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
}

function isTruth(name: string): boolean {
  return isField(name) && typeof CONFIG_FIELDS[name].default === 'boolean';
}

function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
