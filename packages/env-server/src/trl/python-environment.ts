import type { JsonSchema, Tool } from '@grpo/envs';

type Fields = Readonly<Record<string, unknown>>;

/** Words that Python keeps for itself. */
const KEYWORDS =
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  );

/** What TRL asks of an environment besides its tools. */
const RESERVED = ['reset', 'get_reward', 'self'];

const TYPES: Readonly<Record<string, string>> = {
  string: 'str',
  integer: 'int',
  number: 'float',
  boolean: 'bool',
  object: 'dict',
};

/**
 * Writes the class that TRL's `environment_factory` takes: `reset`, and a method with type hints and a Google docstring
 * for each tool, from which TRL makes the schemas that the model reads. An environment without tools has one,
 * `respond`, that says something to it.
 *
 * @param tools `undefined` for an environment without tools
 * @returns the text of `grpo_environment.py`, which stands beside `grpo_client.py`
 * @throws TypeError where a tool or an argument has a name that Python does not take
 * @example
 * writeFileSync('grpo_environment.py', pythonEnvironment([priceTool]));
 */
export function pythonEnvironment(tools: readonly Tool[] | undefined): string {
  const methods = tools === undefined ? [RESPOND] : tools.map(methodOf);
  const opening =
    tools === undefined
      ? `observation = self._session.reset(row["task"])
        said = [one["content"] for one in observation["messages"]][len(row.get("prompt", [])):]
        return "\\n".join(said) or None`
      : `self._session.reset(row["task"])
        return None`;
  return `"""The environment for TRL's \`environment_factory\`. Written by grpo; the tools run on its server."""

from grpo_client import Session


class GrpoEnvironment:
    def __init__(self):
        self._session = Session()

    def reset(self, **row):
        ${opening}

${methods.join('\n')}`;
}

const RESPOND = `    def respond(self, message: str) -> str:
        """
        Says something to the environment.

        Args:
            message: What to say.

        Returns:
            What the environment answers.
        """
        return self._session.say(message)
`;

function methodOf({ name, description, parameters }: Tool): string {
  checkName('the tool', name);
  const { properties = {}, required = [] } = Object(parameters) as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly required?: readonly string[];
  };
  const all = Object.entries(properties);
  for (const [argument] of all) checkName(`the argument of ${name}`, argument);
  // What must be there stands before what may be left out.
  const ordered = [...all.filter(isRequired), ...all.filter((one) => !isRequired(one))];
  function isRequired([argument]: readonly [string, JsonSchema]): boolean {
    return required.includes(argument);
  }
  const signature = ordered.map(([argument, schema]) => {
    const type = typeOf(schema);
    return isRequired([argument, schema])
      ? `${argument}: ${type}`
      : `${argument}: ${type} | None = None`;
  });
  const args = ordered.map(([argument, schema]) => `            ${argument}: ${told(schema)}`);
  const given = [quoted(name), ...ordered.map(([argument]) => `${argument}=${argument}`)];
  return `    def ${name}(${['self', ...signature].join(', ')}) -> str:
        """
        ${plain(description) || name}
${args.length === 0 ? '' : `\n        Args:\n${args.join('\n')}\n`}
        Returns:
            What the tool answers.
        """
        return self._session.call(${given.join(', ')})
`;
}

function typeOf(schema: JsonSchema): string {
  const { type, items } = Object(schema) as { type?: unknown; items?: JsonSchema };
  const types = [type ?? []].flat().filter((one) => one !== 'null');
  if (types.length !== 1)
    return types.length === 0 ? 'str' : types.map((one) => TYPES[String(one)] ?? 'str').join(' | ');
  if (types[0] === 'array') return items === undefined ? 'list' : `list[${typeOf(items)}]`;
  return TYPES[String(types[0])] ?? 'str';
}

/** The description of an argument; transformers reads the choices from their place at its end. */
function told(schema: JsonSchema): string {
  const { description, enum: choices } = Object(schema) as Fields;
  const text = plain(String(description ?? '')) || 'No description.';
  return Array.isArray(choices) ? `${text} (choices: ${plain(JSON.stringify(choices))})` : text;
}

/** One line that cannot end the docstring, nor be taken for a part of it. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/\\/g, '\\\\').replace(/"""/g, "'''").trim();
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function checkName(what: string, name: string): void {
  if (/^[a-z][a-z0-9_]*$/i.test(name) && ![...KEYWORDS, ...RESERVED].includes(name)) return;
  throw new TypeError(
    `pythonEnvironment: needs ${what} to have a name that a Python method can have, got "${name}". Rename it.`,
  );
}
