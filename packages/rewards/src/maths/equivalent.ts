import type { CompareExpressions } from './expression.js';
import { plainMaths } from './plain-maths.js';
import { isEqualRational, rational } from './rational.js';
import { type MathsShape, mathsShape } from './shape.js';
import { splitUnit } from './unit.js';

/** Longer answers are compared as text. */
const MAX_LENGTH = 1000;
/** Comparisons of items of two sets: 40 · 40. */
const MAX_PAIRS = 1600;

type Equation = Extract<MathsShape, { kind: 'equation' }>;

/** An answer that is words altogether. */
const QUOTED = /^"([^"]*)"$/;

/** Whether two answers mean the same; `undefined` where only a maths library can tell. */
export type Verdict = boolean | undefined;

/**
 * Says whether two answers mean the same: LaTeX or plain, numbers exactly, sets and lists in any order, tuples,
 * intervals and matrices item by item. A unit counts only where both have one; the name before `=` does not count.
 *
 * @param compare decides what normalisation cannot: roots, π, variables. Without it such pairs are `undefined`.
 */
export function areEquivalent(a: string, b: string, compare?: CompareExpressions): Verdict {
  if (a.trim() === b.trim()) return a.trim() !== '';
  if (a.length > MAX_LENGTH || b.length > MAX_LENGTH) return false;
  const [left, right] = [a, b].map(
    (text) => plainMaths(tidied(text))?.replace(QUOTED, '$1') ?? null,
  );
  if (left === null || right === null) return false;
  if (left === right) return left !== '';
  return sameShape(mathsShape(left), mathsShape(right), compare);
}

/** Takes off what surrounds an answer in a sentence. */
function tidied(text: string): string {
  return text
    .trim()
    .replace(/^\\\[([\s\S]*)\\\]$|^\\\(([\s\S]*)\\\)$/, '$1$2')
    .replace(/\*\*(.+?)\*\*/g, '$1')
    .replace(/(\d)(?:\\[,! ])+(?=\d{3}(?!\d))/g, '$1')
    .replace(/(\d)\{,\}(?=\d{3}(?!\d))/g, '$1')
    .replace(/[.\s]+$/, '');
}

function sameShape(a: MathsShape, b: MathsShape, compare?: CompareExpressions): Verdict {
  if (a.kind === 'leaf' && b.kind === 'leaf') return sameLeaf(a.text, b.text, compare);
  if (a.kind === 'equation' && b.kind === 'equation') return sameEquation(a, b, compare);
  if (a.kind === 'equation' || b.kind === 'equation') return false;
  if (a.kind === 'set' && b.kind === 'leaf') return sameItems(a.items, [b], compare);
  if (a.kind === 'leaf' && b.kind === 'set') return sameItems([a], b.items, compare);
  if (a.kind === 'leaf' || b.kind === 'leaf' || a.kind !== b.kind) return false;
  if (a.kind !== 'row' || b.kind !== 'row') return sameItems(a.items, b.items, compare);
  if (a.brackets !== b.brackets || a.items.length !== b.items.length) return false;
  return all(a.items.map((item, i) => sameShape(item, b.items[i], compare)));
}

/** Every item of one has its like in the other. */
function sameItems(
  a: readonly MathsShape[],
  b: readonly MathsShape[],
  compare?: CompareExpressions,
): Verdict {
  if (a.length * b.length > MAX_PAIRS) return false;
  const table = a.map((x) => b.map((y) => sameShape(x, y, compare))); // [a][b]
  const rows = table.map((row) => any(row));
  const columns = b.map((_, j) => any(table.map((row) => row[j])));
  return all([...rows, ...columns]);
}

function sameEquation(a: Equation, b: Equation, compare?: CompareExpressions): Verdict {
  const straight = all([sameLeaf(a.left, b.left, compare), sameLeaf(a.right, b.right, compare)]);
  if (straight === true) return true;
  const turned = all([sameLeaf(a.left, b.right, compare), sameLeaf(a.right, b.left, compare)]);
  if (turned === true) return true;
  if (compare === undefined) return undefined;
  return compare.isProportional(difference(a), difference(b)) ?? false;
}

function difference({ left, right }: Equation): string {
  return `(${left}) - (${right})`;
}

function sameLeaf(a: string, b: string, compare?: CompareExpressions): Verdict {
  const [left, right] = [splitUnit(a), splitUnit(b)];
  if (left.unit !== '' && right.unit !== '' && left.unit !== right.unit) return false;
  if (letters(left.value) === letters(right.value)) return letters(left.value) !== '';
  const [x, y] = [rational(left.value), rational(right.value)];
  if (x !== null && y !== null) {
    if (isEqualRational(x, y)) return true;
    // "50" for "50%": a percent sign is a unit where only one has it.
    const bare = [left.value, right.value].map((value) => value.replace(/%\s*$/, ''));
    const isOneSided = (bare[0] === left.value) !== (bare[1] === right.value);
    return isOneSided && isSame(rational(bare[0]), rational(bare[1]));
  }
  // Two plain numbers too long to be worked out differ, or they would be the same text.
  if (/^[\d.,\s]*$/.test(left.value + right.value)) return false;
  return compare === undefined ? undefined : (compare.isEqual(left.value, right.value) ?? false);
}

function isSame(a: ReturnType<typeof rational>, b: typeof a): boolean {
  return a !== null && b !== null && isEqualRational(a, b);
}

/** Text as it is compared: quotes and spaces do not count; case counts for single letters, which are names. */
function letters(text: string): string {
  const bare = text
    .replaceAll('"', '')
    .replace(/(?<!\d)\s+|\s+(?!\d)/g, '')
    .trim();
  return /[A-Za-z]{2}/.test(bare) ? bare.toLowerCase() : bare;
}

function all(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes(false)) return false;
  return verdicts.includes(undefined) ? undefined : true;
}

function any(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes(true)) return true;
  return verdicts.includes(undefined) ? undefined : false;
}
