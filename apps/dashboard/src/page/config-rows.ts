import type { RunConfig } from '../types.js';

/** One field of the configurations of several runs. */
export interface ConfigRow {
  readonly field: string;
  /** One per run; undefined where a run has no such field. */
  readonly values: readonly unknown[];
  readonly isDifferent: boolean;
}

/** The fields of several configurations side by side, nested ones by their whole path; `run.` marks what is no setting. */
export function configRows(configs: readonly RunConfig[]): ConfigRow[] {
  const flat = configs.map(
    ({ config, run }) => new Map([...leaves(config ?? {}, ''), ...leaves(run ?? {}, 'run.')]),
  );
  const fields = [...new Set(flat.flatMap((one) => [...one.keys()]))];
  return fields.map((field) => {
    const values = flat.map((one) => one.get(field));
    const texts = values.map((value) => JSON.stringify(value));
    return { field, values, isDifferent: texts.some((text) => text !== texts[0]) };
  });
}

function leaves(value: object, prefix: string): [string, unknown][] {
  return Object.entries(value).flatMap(([name, field]): [string, unknown][] =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? leaves(field, `${prefix}${name}.`)
      : [[`${prefix}${name}`, field]],
  );
}
