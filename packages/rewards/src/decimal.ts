/** Sign, whole digits (plain or in groups of three), fraction, exponent. */
const DECIMAL =
  /^([+\-\u2212])?(?=\.?\d)(\d{1,3}(?:,\d{3})+|\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/;

/**
 * Reads a decimal number exactly and spells it in the one canonical way, so that two texts name the
 * same number exactly when the results are equal: "85", "85.0", "+85" and "8.5e1" all give "85e0".
 *
 * Commas may separate groups of three digits; a minus may be "-" or "−". Spaces around are ignored.
 *
 * @returns the significant digits and their power of ten, or `null` if the text is not one number
 */
export function canonicalDecimal(text: string): string | null {
  const match = DECIMAL.exec(text.trim());
  if (match === null) return null;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole.replaceAll(',', '') + fraction).replace(/^0+/, '');
  if (digits === '') return '0';
  const significant = withoutTrailingZeros(digits);
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign === undefined || sign === '+' ? '' : '-'}${significant}e${power}`;
}

/** A loop, because /0+$/ takes quadratic time on long runs of zeros that do not end the text. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}
