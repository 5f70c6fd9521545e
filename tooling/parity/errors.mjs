import { isDeepStrictEqual } from 'node:util';

/** The tolerance of a number that was computed in float64. */
export const EXACT = 1e-9;
/** The tolerance of a rate, which the reference averages in float32. */
export const RATE = 1e-6;

/**
 * The largest absolute error between two lists of numbers.
 *
 * @param got what the packages computed
 * @param wanted the reference
 * @param options.tolerance the greatest error that passes
 * @param options.isRelative relax the tolerance by the size of a wanted number above 1
 * @param options.names what to call the positions, for a message
 * @returns {{ error: number, isWithin: boolean, at: string | number }}
 */
export function compare(got, wanted, { tolerance = EXACT, isRelative = false, names = [] } = {}) {
  if (got?.length !== wanted.length) {
    return { error: Number.POSITIVE_INFINITY, isWithin: false, at: `${got?.length} numbers` };
  }
  const worst = { error: 0, isWithin: true, at: 0 };
  wanted.forEach((value, i) => {
    const error = Math.abs(got[i] - value);
    const limit = tolerance * (isRelative ? Math.max(1, Math.abs(value)) : 1);
    const isWithin = error <= limit;
    if (Number.isNaN(worst.error) || (worst.isWithin && isWithin && error <= worst.error)) return;
    if (!worst.isWithin && (isWithin || error <= worst.error)) return;
    Object.assign(worst, { error, isWithin, at: names[i] ?? i });
  });
  return worst;
}

/**
 * The largest error of values that must be the same: the share of those that are not.
 *
 * @param got what the packages computed, by name
 * @param wanted the reference, by name
 */
export function compareExact(got, wanted) {
  const names = Object.keys(wanted);
  const wrong = names.filter((name) => !isDeepStrictEqual(got[name], wanted[name]));
  return {
    error: wrong.length / Math.max(1, names.length),
    isWithin: wrong.length === 0,
    at: wrong.map((name) => `${name} ${difference(got[name], wanted[name])}`)[0],
  };
}

/** Both from a little before the first place where they differ. */
function difference(got, wanted) {
  const [own, other] = [got, wanted].map((value) => JSON.stringify(value) ?? 'missing');
  let at = 0;
  while (at < own.length && own[at] === other[at]) at++;
  const excerpt = (text) => {
    const [before, after] = [at > 15 ? '...' : '', text.length > at + 40 ? '...' : ''];
    return `${before}${text.slice(Math.max(0, at - 15), at + 40)}${after}`;
  };
  return `is ${excerpt(own)}, not ${excerpt(other)}`;
}

/**
 * The largest error of metrics by name; a wanted null means that there is no such number.
 *
 * @param isRate which names are rates
 */
export function compareMetrics(got, wanted, isRate) {
  const names = Object.keys(wanted);
  const exact = names.filter((name) => !isRate(name));
  const results = [
    compareNamed(got, wanted, exact, EXACT),
    compareNamed(got, wanted, names.filter(isRate), RATE),
  ];
  return results.find(({ isWithin }) => !isWithin) ?? results.sort((a, b) => b.error - a.error)[0];
}

function compareNamed(got, wanted, names, tolerance) {
  const missing = names.filter((name) => wanted[name] === null && !Number.isNaN(got[name] ?? NaN));
  if (missing.length > 0) {
    return { error: Number.POSITIVE_INFINITY, isWithin: false, at: missing[0] };
  }
  const known = names.filter((name) => wanted[name] !== null);
  return compare(
    known.map((name) => got[name]),
    known.map((name) => wanted[name]),
    { tolerance, names: known },
  );
}
