const LONGEST_NAME = 250;
const LONGEST_PARAM = 6000;

/** A name as MLflow allows it: letters, digits and `_-./ `, at most 250; others become `_`. */
export function mlflowName(name: string): string {
  return name.replace(/[^\w\-. /]/g, '_').slice(0, LONGEST_NAME);
}

/** Leaves of a config as params, `rewards.0.name` by their paths; of two that fall together the first stays. */
export function mlflowParams(config: Readonly<Record<string, unknown>>) {
  const params = new Map<string, string>();
  const visit = (value: unknown, path: string) => {
    if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value))
        visit(item, path ? `${path}.${name}` : name);
      return;
    }
    const key = mlflowName(path);
    if (!params.has(key)) params.set(key, String(value).slice(0, LONGEST_PARAM));
  };
  visit(config, '');
  return [...params].map(([key, value]) => ({ key, value }));
}
