import { CONFIG_FIELDS, configFromFlags, type TrainConfig } from '@grpo/trainer';
import { Option } from 'commander';

type FieldName = keyof typeof CONFIG_FIELDS;

const names = Object.keys(CONFIG_FIELDS) as FieldName[];
const GROUP = 'Settings of the run:';

/** `learningRate` as a flag: `learning-rate`. */
function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** One option for every field of the configuration, two for those that are true or false. */
export function configOptions(): Option[] {
  return names.flatMap((name) => {
    const { default: fallback, allowed } = CONFIG_FIELDS[name];
    const flag = `--${kebab(name)}`;
    if (typeof fallback === 'boolean') {
      const [on, off] = [
        new Option(flag, shown('on', fallback)),
        new Option(`--no-${kebab(name)}`, shown('off', !fallback)),
      ];
      return [on.helpGroup(GROUP), off.helpGroup(GROUP)];
    }
    const choices = /^one of (.*)$/.exec(allowed)?.[1]?.split(', ');
    const option = new Option(`${flag} <value>`, `${allowed} (${defaultText(fallback)})`);
    // Only for completions: the value is checked where all fields are.
    if (choices) option.argChoices = choices;
    return [option.helpGroup(GROUP)];
  });
}

/**
 * The fields that were given as flags, checked.
 *
 * @param options what commander read, by the names of the fields
 * @param isGiven whether a flag was on the command line, rather than left at its default
 * @throws where a value may not be held by its field
 */
export function configOf(
  options: Readonly<Record<string, unknown>>,
  isGiven: (name: string) => boolean,
): Partial<TrainConfig> {
  const args = names.flatMap((name) => {
    if (!isGiven(name)) return [];
    const value = options[name];
    if (typeof value === 'boolean') return [`--${value ? '' : 'no-'}${kebab(name)}`];
    return [`--${kebab(name)}=${value}`];
  });
  return configFromFlags(args).config;
}

function shown(state: string, isDefault: boolean): string {
  return isDefault ? `${state} (the default)` : state;
}

function defaultText(fallback: string | number | boolean | undefined): string {
  if (fallback === undefined) return 'needed here or in the config file';
  if (fallback === '') return 'default: none';
  return fallback === Number.POSITIVE_INFINITY ? 'default: all at once' : `default: ${fallback}`;
}
