import { loadPeer } from '../load-peer.js';

/** Compares expressions: `undefined` where one of them is no expression. */
export interface CompareExpressions {
  /** Whether they have the same value everywhere. */
  isEqual(a: string, b: string): boolean | undefined;
  /** Whether one is the other times a constant, as the sides' differences of 2x = 6 and x = 3. */
  isProportional(a: string, b: string): boolean | undefined;
}

/** What is used of mathjs. */
interface MathNode {
  readonly type: string;
  readonly name?: string;
  readonly value?: unknown;
  readonly fn?: { readonly name?: string } | string;
  traverse(visit: (node: MathNode) => void): void;
  compile(): { evaluate(scope: Map<string, unknown>): unknown };
}

const MAX_LENGTH = 400;
const MAX_NODES = 150;
const POINTS = 8;
/** At least so many points must give a value before two expressions count as equal. */
const ENOUGH = 3;
/** Doubles carry 15 digits; a sum of a few terms keeps 9 of them. */
const TOLERANCE = 1e-9;

const NODES = new Set([
  'ConstantNode',
  'SymbolNode',
  'OperatorNode',
  'ParenthesisNode',
  'FunctionNode',
]);
const OPERATORS = new Set(
  'add subtract multiply divide pow unaryMinus unaryPlus factorial'.split(' '),
);
const FUNCTIONS = new Set(
  'sin cos tan sec csc cot asin acos atan arcsin arccos arctan sinh cosh tanh sqrt cbrt nthRoot abs exp ln log log10'.split(
    ' ',
  ),
);
const CONSTANTS = new Set(['pi', 'e', 'i']);

/**
 * Compares expressions with mathjs by their values: at eight fixed points for each variable, to nine digits, complex
 * where need be (Schwartz 1980, https://doi.org/10.1145/322217.322225: different expressions agree at such points only
 * by chance). Of mathjs only arithmetic and elementary functions are let through; nothing that allocates by a number.
 *
 * @throws Error if mathjs is not installed
 */
export async function loadCompareExpressions(): Promise<CompareExpressions> {
  const { parse } = await loadPeer('mathjs', 'mathAnswer', () => import('mathjs'));
  const read = (text: string) => compiled(text, (source) => parse(source) as unknown as MathNode);
  return {
    isEqual: (a, b) => holds(read(a), read(b), (pairs) => pairs.every(([x, y]) => isClose(x, y))),
    isProportional: (a, b) =>
      holds(read(a), read(b), (pairs) => {
        const [x0, y0] = pairs[0];
        return (
          !isClose(x0, [0, 0]) &&
          !isClose(y0, [0, 0]) &&
          pairs.every(([x, y]) => isClose(times(x, y0), times(y, x0)))
        );
      }),
  };
}

/** Whether a relation holds between the values of two expressions; both must have them at the same points. */
function holds(
  f: Compiled | undefined,
  g: Compiled | undefined,
  isRelated: (pairs: readonly (readonly [Complex, Complex])[]) => boolean,
): boolean | undefined {
  if (f === undefined || g === undefined) return undefined;
  const names = [...new Set([...f.variables, ...g.variables])].sort();
  const pairs: (readonly [Complex, Complex])[] = [];
  for (let p = 0; p < (names.length === 0 ? 1 : POINTS); p++) {
    const scope = scopeAt(names, p);
    const [x, y] = [f.at(scope), g.at(scope)];
    if (x === undefined && y === undefined) continue;
    if (x === undefined || y === undefined) return false;
    pairs.push([x, y]);
  }
  return pairs.length >= (names.length === 0 ? 1 : ENOUGH) && isRelated(pairs);
}

type Complex = readonly [re: number, im: number];

interface Compiled {
  readonly variables: readonly string[];
  /** The value at a point; `undefined` where it is not finite. */
  readonly at: (scope: Map<string, unknown>) => Complex | undefined;
}

function compiled(text: string, parse: (source: string) => MathNode): Compiled | undefined {
  const source = spelled(text);
  if (source.length > MAX_LENGTH || !/[\d+\-*/^!()]|\bpi\b/.test(source)) return undefined;
  try {
    const tree = parse(source);
    const variables = variablesOf(tree);
    if (variables === undefined) return undefined;
    const code = tree.compile();
    return { variables, at: (scope) => finiteValue(() => code.evaluate(scope)) };
  } catch {
    return undefined; // a syntax error: words, or an unfinished expression
  }
}

/** In formulas `xy` is x·y, unless the letters are a name that is known. */
function spelled(text: string): string {
  return text
    .replace(/\barc(sin|cos|tan)\b/g, 'a$1')
    .replace(/\b(sqrt|sin|cos|tan|ln|log|exp)\s+(\w+)/g, '$1($2)')
    .replace(/\|([^|]+)\|/g, 'abs($1)')
    .replace(/[A-Za-z]+/g, (run) =>
      run.length === 1 || run.length > 3 || FUNCTIONS.has(run) || CONSTANTS.has(run)
        ? run
        : [...run].join(' '),
    )
    .replace(/\b([a-z]|pi)\s*\(/gi, '$1*(');
}

/** The variables, or `undefined` if there is anything in the tree that is not let through. */
function variablesOf(tree: MathNode): string[] | undefined {
  const names = new Set<string>();
  const called = new Set<MathNode['fn']>();
  let count = 0;
  let isAllowed = true;
  tree.traverse((node) => {
    count++;
    isAllowed &&= NODES.has(node.type) && count <= MAX_NODES;
    if (node.type === 'ConstantNode') isAllowed &&= typeof node.value === 'number';
    if (node.type === 'OperatorNode') isAllowed &&= OPERATORS.has(String(node.fn));
    if (node.type === 'FunctionNode') {
      const name = typeof node.fn === 'object' ? (node.fn.name ?? '') : '';
      isAllowed &&= FUNCTIONS.has(name);
      called.add(node.fn);
    }
    if (node.type === 'SymbolNode' && !called.has(node as MathNode['fn'])) {
      const name = node.name ?? '';
      if (name.length > 3 || FUNCTIONS.has(name)) isAllowed &&= CONSTANTS.has(name);
      if (!CONSTANTS.has(name)) names.add(name);
    }
  });
  return isAllowed && names.size <= 6 ? [...names] : undefined;
}

/** Points without pattern (the R₂ low-discrepancy sequence), between −1.5 and 2.5. */
function scopeAt(names: readonly string[], p: number): Map<string, unknown> {
  const values = names.map((name, k): [string, unknown] => [
    name,
    (((k + 1) * 0.7548776662466927 + (p + 1) * 0.5698402909980532) % 1) * 4 - 1.5,
  ]);
  return new Map<string, unknown>([...values, ['ln', Math.log]]);
}

function finiteValue(evaluate: () => unknown): Complex | undefined {
  try {
    const value = evaluate();
    if (typeof value === 'number') return Number.isFinite(value) ? [value, 0] : undefined;
    if (typeof value !== 'object' || value === null) return undefined;
    const { re, im } = value as { readonly re?: unknown; readonly im?: unknown };
    const isComplex = Number.isFinite(re) && Number.isFinite(im);
    return isComplex ? [re as number, im as number] : undefined;
  } catch {
    return undefined;
  }
}

function times([a, b]: Complex, [c, d]: Complex): Complex {
  return [a * c - b * d, a * d + b * c];
}

function isClose(x: Complex, y: Complex): boolean {
  const distance = Math.hypot(x[0] - y[0], x[1] - y[1]);
  return distance <= TOLERANCE * Math.max(1e-3, Math.hypot(...x), Math.hypot(...y));
}
