/** Makes a part from its options. */
export type Factory<Part, Options> = (options?: Options) => Part;

/** A choice as a config file writes it: a name, or a name with options. */
export type Named = string | ({ readonly name: string } & Readonly<Record<string, unknown>>);

/** Parts of one kind, reachable by name. */
export interface Registry<Part> {
  /**
   * Adds a part. `optionNames` lists every option that the factory reads, so that a misspelt one is
   * an error instead of a silent default.
   */
  readonly register: <Options extends object>(
    name: string,
    factory: Factory<Part, Options>,
    optionNames?: readonly (keyof Options & string)[],
  ) => void;
  /** Makes the named part; `options` are those of its factory. */
  readonly create: (name: string, options?: Readonly<Record<string, unknown>>) => Part;
  /** Makes the part that a config names, or returns a part as it is. */
  readonly resolve: (choice: Part | Named) => Part;
  /** All registered names, in alphabetical order. */
  readonly names: () => readonly string[];
}

interface Entry<Part> {
  readonly make: (options: Readonly<Record<string, unknown>>) => Part;
  readonly optionNames: readonly string[];
}

/**
 * Makes an empty registry.
 *
 * @param kind what the parts are, for messages: `baseline`
 * @throws `register` for a name that is taken; `create` for an unknown name or option
 */
export function createRegistry<Part>(kind: string): Registry<Part> {
  const entries = new Map<string, Entry<Part>>();

  const register: Registry<Part>['register'] = (name, factory, optionNames = []) => {
    if (entries.has(name)) {
      throw new Error(`register: the ${kind} '${name}' is taken. Choose another name.`);
    }
    // A config's options are checked by name here and by value in the factory.
    entries.set(name, { make: factory as Entry<Part>['make'], optionNames });
  };

  const create: Registry<Part>['create'] = (name, options = {}) => {
    const entry = entries.get(name);
    if (!entry) {
      throw new Error(
        `create: no ${kind} is named '${name}'. Use one of ${list(names())}, or register it first.`,
      );
    }
    for (const [option, value] of Object.entries(options)) {
      if (isNumberInQuotes(value)) {
        throw new Error(
          `create: the option '${option}' of the ${kind} '${name}' needs a number, got the text '${value}'. Remove the quotes.`,
        );
      }
      if (entry.optionNames.includes(option)) continue;
      throw new Error(
        `create: the ${kind} '${name}' has no option '${option}'. It takes ${list(entry.optionNames)}.`,
      );
    }
    return entry.make(options);
  };

  const resolve: Registry<Part>['resolve'] = (choice) => {
    if (typeof choice === 'string') return create(choice);
    if (!isNamed(choice)) return choice;
    const { name, ...options } = choice;
    return create(name, options);
  };

  const names = () => [...entries.keys()].sort();
  return { register, create, resolve, names };
}

function isNamed(choice: unknown): choice is Exclude<Named, string> {
  return (
    typeof choice === 'object' &&
    choice !== null &&
    'name' in choice &&
    typeof choice.name === 'string'
  );
}

/** Text that arithmetic would take for a number at one place and for text at another. */
function isNumberInQuotes(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value));
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
