/** A string, which is passed over, or a number. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * `JSON.parse` for messages and tools, which also keeps that a number was written with a fraction: `2.0` becomes a
 * Number object, which a chat template writes as `2.0`. All other numbers are plain.
 *
 * @throws SyntaxError as JSON.parse does
 * @example
 * parseChatJson('{"a": 2.0, "b": 2}') // { a: Object(2), b: 2 }
 */
export function parseChatJson(text: string): unknown {
  JSON.parse(text); // its errors name places of the text as it was given
  const mark = absentFrom(text);
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    /^[^"]*[.eE]/.test(token) && Number.isInteger(Number(token)) ? `{"${mark}":${token}}` : token,
  );
  return JSON.parse(marked, (_, value) =>
    typeof value === 'object' && value !== null && mark in value ? Object(value[mark]) : value,
  );
}

/**
 * Numbers that Python writes otherwise than JavaScript (`1e-07` and `1e-7`, `2.0` and `2`), for a template engine
 * that writes them as JavaScript. `hide` puts a mark in their place, a string that stands nowhere
 * else; `show` replaces the marks in what was rendered.
 *
 * @param taken text that the mark must not stand in
 */
export function pythonNumbers(taken: string) {
  const mark = absentFrom(taken);
  const spelled: string[] = [];
  const hide = (value: unknown): unknown => {
    if (typeof value === 'number' || value instanceof Number) {
      const python = value instanceof Number ? pythonFloat(Number(value)) : pythonNumber(value);
      if (python === String(value)) return Number(value);
      spelled.push(python);
      return `${mark}:${spelled.length - 1};`;
    }
    if (Array.isArray(value)) return value.map(hide);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hide(item)]));
  };
  const show = (text: string): string =>
    spelled.length === 0
      ? text
      : text.replace(new RegExp(`"?${mark}:(\\d+);"?`, 'g'), (_, i) => spelled[Number(i)] ?? '');
  return { hide, show };
}

function absentFrom(text: string): string {
  let mark = '@number';
  while (text.includes(mark)) mark += '@';
  return mark;
}

/** A whole number is taken for an integer. */
function pythonNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : pythonFloat(value);
}

/** `repr(float)`: exponents below 1e-4 and from 1e16 on, of two digits at least; a fraction always. */
function pythonFloat(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  const sign = Object.is(value, -0) ? '-' : '';
  return Number.isInteger(value) ? `${sign}${value}.0` : String(value);
}
