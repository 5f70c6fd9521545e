/** Letters after a number that belong to the formula. */
const FORMULA = /^(?:pi|e|i|sqrt|sin|cos|tan|ln|log|exp|infinity|nthRoot|abs|[A-Za-z])$/;
/** Quoted words, or letters after a space, at the end of something with a digit. */
const QUOTED = /^([\s\S]*?)\s*"([^"\d]{1,40}?)"\s*(?:\^\s*\(?([23])\)?)?\s*$/;
const SPELLED =
  /^([\s\S]*[\d)%])\s*([A-Za-zµΩ]+(?:[ /][A-Za-z]+){0,3})\s*(?:\^\s*\(?([23])\)?)?\s*$/;
const CURRENCY = /^\s*(-?)\s*[$€£¥]\s*/;

/**
 * Takes the unit off an answer: `5 "cm"`, `5 cm^2`, `12 apples`, `$5`. Units are not converted; plural and case do not
 * count. Single letters are variables, unless they came as `\text{m}`.
 */
export function splitUnit(text: string): { readonly value: string; readonly unit: string } {
  const bare = text.replace(CURRENCY, '$1').trim();
  const quoted = QUOTED.exec(bare);
  if (quoted && /\d/.test(quoted[1])) return split(quoted);
  const spelled = SPELLED.exec(bare);
  if (spelled && /\d/.test(spelled[1]) && !FORMULA.test(spelled[2])) return split(spelled);
  return { value: bare, unit: '' };
}

function split([, value, unit, power = '']: readonly string[]): {
  readonly value: string;
  readonly unit: string;
} {
  const name = unit.trim().toLowerCase().replaceAll(/\s+/g, ' ');
  const singular = name === 'deg' ? 'degree' : name.replace(/(?<=..)s$/, '');
  return { value: value.trim(), unit: `${singular}${power}` };
}
