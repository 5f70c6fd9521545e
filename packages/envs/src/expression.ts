/** An exact fraction; the denominator is positive. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** What an expression is worth, and the whole numbers that it is made of. */
export interface Evaluated {
  readonly value: Rational;
  readonly numbers: readonly number[];
}

/** Longer expressions are refused, which bounds the time and the depth of the evaluation. */
const MAX_LENGTH = 500;

/**
 * Evaluates an expression of whole numbers with + - * / and parentheses, exactly; × ÷ − are read as
 * * / -. Signs in front of a number are not allowed.
 *
 * @returns undefined if the text is no such expression, is too long, or divides by zero
 */
export function evaluate(text: string): Evaluated | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const tokens = text.match(/\d+|\S/g) ?? [];
  const numbers: number[] = [];
  let at = 0;

  function sum(): Rational | undefined {
    let value = product();
    while (value !== undefined && /^[-+\u2212]$/.test(tokens[at] ?? '')) {
      const sign = tokens[at++] === '+' ? 1n : -1n;
      const term = product();
      value = term && add(value, { ...term, numerator: sign * term.numerator });
    }
    return value;
  }

  function product(): Rational | undefined {
    let value = atom();
    while (value !== undefined && /^[*/×÷]$/.test(tokens[at] ?? '')) {
      const isTimes = /[*×]/.test(tokens[at++]);
      const factor = atom();
      value = factor && (isTimes ? times(value, factor) : over(value, factor));
    }
    return value;
  }

  function atom(): Rational | undefined {
    const token = tokens[at++] ?? '';
    if (/^\d{1,15}$/.test(token)) {
      numbers.push(Number(token));
      return { numerator: BigInt(token), denominator: 1n };
    }
    if (token !== '(') return undefined;
    const value = sum();
    return tokens[at++] === ')' ? value : undefined;
  }

  const value = sum();
  return value === undefined || at < tokens.length ? undefined : { value, numbers };
}

function add(a: Rational, b: Rational): Rational {
  const numerator = a.numerator * b.denominator + b.numerator * a.denominator;
  return { numerator, denominator: a.denominator * b.denominator };
}

function times(a: Rational, b: Rational): Rational {
  return { numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator };
}

function over(a: Rational, b: Rational): Rational | undefined {
  if (b.numerator === 0n) return undefined;
  const sign = b.numerator < 0n ? -1n : 1n;
  return {
    numerator: sign * a.numerator * b.denominator,
    denominator: sign * a.denominator * b.numerator,
  };
}

/** Whether a fraction is a whole number, exactly. */
export function equalsInteger({ numerator, denominator }: Rational, integer: number): boolean {
  return numerator === BigInt(integer) * denominator;
}
