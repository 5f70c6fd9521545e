/** An exact fraction: denominator positive, no common factor. */
export interface Rational {
  readonly top: bigint;
  readonly bottom: bigint;
}

/** Powers beyond this are not multiplied out: 9^9^9^9 would not fit in any memory. */
const MAX_EXPONENT = 400n;
/** Digits of an intermediate result beyond which the sum is given up. */
const MAX_DIGITS = 2000;
const MAX_DEPTH = 40;

const TOKEN = /\s*(\d[\d,]*\.?\d*(?:[eE][+-]?\d{1,3})?|\.\d+|\*\*|[-+*/^()%])/y;
const NUMBER = /^(\d{1,3}(?:,\d{3})+|\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/**
 * The exact value of sums of whole numbers, decimals and fractions: `1/2 + .25`, `1.5*10^3`, `1 1/2`, `50%`.
 *
 * @returns `null` where the text is anything else, or too large to be worked out exactly
 */
export function rational(text: string): Rational | null {
  const mixed = /^(-?)\s*(\d+)\s+(\d+)\s*\/\s*(\d+)$/.exec(text.trim());
  if (mixed) return rational(`${mixed[1]}(${mixed[2]}+${mixed[3]}/${mixed[4]})`);
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const source = text.trim();
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source);
    if (match === null) return null;
    tokens.push(match[1]);
  }
  const sum = new Sum(tokens);
  const value = sum.sum(0);
  return sum.isAtEnd ? value : null;
}

export function isEqualRational(a: Rational, b: Rational): boolean {
  return a.top === b.top && a.bottom === b.bottom;
}

/** sum = product (± product)*, product = power (*|/ power)*, power = signed (^ power)?, as in school. */
class Sum {
  private at = 0;
  constructor(private readonly tokens: readonly string[]) {}

  get isAtEnd(): boolean {
    return this.at === this.tokens.length;
  }

  sum(depth: number): Rational | null {
    let value = this.product(depth);
    while (value !== null && (this.sees('+') || this.sees('-'))) {
      const sign = this.tokens[this.at++] === '-' ? -1n : 1n;
      const next = this.product(depth);
      value =
        next &&
        reduced(
          value.top * next.bottom + sign * next.top * value.bottom,
          value.bottom * next.bottom,
        );
    }
    return value;
  }

  private product(depth: number): Rational | null {
    let value = this.signed(depth);
    while (value !== null && (this.sees('*') || this.sees('/'))) {
      const isTimes = this.tokens[this.at++] === '*';
      const next = this.signed(depth);
      if (next === null) return null;
      value = isTimes
        ? reduced(value.top * next.top, value.bottom * next.bottom)
        : reduced(value.top * next.bottom, value.bottom * next.top);
    }
    return value;
  }

  /** −2^2 is −4: the sign comes after the power. */
  private signed(depth: number): Rational | null {
    let sign = 1n;
    while (this.sees('-') || this.sees('+')) if (this.tokens[this.at++] === '-') sign = -sign;
    const value = this.power(depth);
    return value && reduced(sign * value.top, value.bottom);
  }

  private power(depth: number): Rational | null {
    const base = this.atom(depth);
    if (base === null || !(this.sees('^') || this.sees('**'))) return base;
    this.at++;
    if (depth > MAX_DEPTH) return null;
    const exponent = this.sees('-') ? this.signed(depth + 1) : this.power(depth + 1);
    return exponent && power(base, exponent);
  }

  private atom(depth: number): Rational | null {
    const token = this.tokens[this.at++];
    let value: Rational | null = null;
    if (token === '(' && depth < MAX_DEPTH) {
      value = this.sum(depth + 1);
      if (this.tokens[this.at++] !== ')') return null;
    } else if (token !== undefined) value = number(token);
    while (value !== null && this.sees('%')) {
      this.at++;
      value = reduced(value.top, value.bottom * 100n);
    }
    return value;
  }

  private sees(token: string): boolean {
    return this.tokens[this.at] === token;
  }
}

function number(token: string): Rational | null {
  const match = NUMBER.exec(token);
  if (match === null || !/\d/.test(token) || token.length > MAX_DIGITS) return null;
  const [, whole, fraction = '', exponent = '0'] = match;
  const digits = BigInt(whole.replaceAll(',', '') + fraction || '0');
  const shift = Number(exponent) - fraction.length;
  return shift >= 0
    ? reduced(digits * 10n ** BigInt(shift), 1n)
    : reduced(digits, 10n ** BigInt(-shift));
}

function power({ top, bottom }: Rational, exponent: Rational): Rational | null {
  const n = exponent.top < 0n ? -exponent.top : exponent.top;
  if (exponent.bottom !== 1n || n > MAX_EXPONENT) return null;
  if (digitsOf(top) * Number(n) > MAX_DIGITS || digitsOf(bottom) * Number(n) > MAX_DIGITS)
    return null;
  return exponent.top < 0n ? reduced(bottom ** n, top ** n) : reduced(top ** n, bottom ** n);
}

function reduced(top: bigint, bottom: bigint): Rational | null {
  if (bottom === 0n || digitsOf(top) > MAX_DIGITS || digitsOf(bottom) > MAX_DIGITS) return null;
  const sign = bottom < 0n ? -1n : 1n;
  let [a, b] = [top < 0n ? -top : top, sign * bottom];
  while (b !== 0n) [a, b] = [b, a % b];
  return { top: (sign * top) / a, bottom: (sign * bottom) / a };
}

function digitsOf(value: bigint): number {
  return value.toString(16).length; // hexadecimal: linear in the length, where decimal is not
}
