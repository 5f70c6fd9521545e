/** An answer by its shape: a leaf is one expression, everything else holds further answers. */
export type MathsShape =
  | { readonly kind: 'leaf'; readonly text: string }
  /** Order does not count: a set, solutions in a list, a union. */
  | { readonly kind: 'set' | 'union'; readonly items: readonly MathsShape[] }
  /** Order counts: a tuple, a vector, an interval with its brackets. */
  | { readonly kind: 'row'; readonly brackets: string; readonly items: readonly MathsShape[] }
  /** Two sides of an equation whose left side is not a name alone. */
  | { readonly kind: 'equation'; readonly left: string; readonly right: string };

const MAX_ITEMS = 100;
const OPEN = '([⦃{';
const CLOSE = ')]⦄}';
const NAME = /^\s*(?:[A-Za-z]|[A-Za-z]\s*\(\s*[A-Za-z]\s*\)|[A-Za-z]_\(?\w+\)?)\s*$/;
const MAX_DEPTH = 20;

/** Names the shape of an answer in plain form (`plainMaths`). */
export function mathsShape(plain: string, depth = 0): MathsShape {
  const text = withUsualBrackets(plain.trim());
  if (depth > MAX_DEPTH) return { kind: 'leaf', text };
  const inner = (part: string) => mathsShape(part, depth + 1);

  const union = split(text, '∪');
  if (union.length > 1) return { kind: 'union', items: union.map(inner) };
  const range = inequality(text);
  if (range !== undefined) return inner(range);
  const member = split(text, '∈');
  if (member.length === 2 && NAME.test(member[0])) return inner(member[1]);

  // "1,234" is a number before it is a list.
  const isNumber = /^[-+]?\d{1,3}(,\d{3})+(\.\d+)?\b(?!\s*,)/.test(text);
  const listed = isNumber ? [text] : split(text.replace(/"?\b(?:or|and)\b"?/g, ','), ',');
  const items = listed.filter((item) => item.trim() !== '');
  if (items.length > 1) return { kind: 'set', items: items.slice(0, MAX_ITEMS).map(inner) };

  const sides = split(text, '=');
  if (sides.length > 1) {
    const right = sides[sides.length - 1];
    return NAME.test(sides[0]) || sides.length > 2
      ? inner(right)
      : { kind: 'equation', left: sides[0], right };
  }
  const plusMinus = split(text, '±');
  if (plusMinus.length === 2) {
    const [before, after] = plusMinus;
    const both = ['+', '-'].map((sign) => inner(`${before} ${sign} (${after})`));
    return { kind: 'set', items: both };
  }
  return bracketed(text, inner) ?? { kind: 'leaf', text };
}

/** ]1, 2[ is (1, 2), as it is written in France and Germany. */
function withUsualBrackets(text: string): string {
  const content = text.slice(1, -1);
  const [open, close] = [text[0] ?? '', text.at(-1) ?? ''];
  if (!content.includes(',') || /[[\]∪]/.test(content)) return text;
  if (!((open === ']' && '[])'.includes(close)) || ('[('.includes(open) && close === '[')))
    return text;
  return `${open === ']' ? '(' : open}${content}${close === '[' ? ')' : close}`;
}

function bracketed(text: string, inner: (part: string) => MathsShape): MathsShape | undefined {
  const [open, close] = [text[0] ?? '', text.at(-1) ?? ''];
  if (text.length < 2 || !OPEN.includes(open) || !CLOSE.includes(close)) return undefined;
  if (closingOf(text) !== text.length - 1) return undefined;
  const content = text.slice(1, -1);
  const parts = content.trim() === '' ? [] : split(content, ',').slice(0, MAX_ITEMS);
  if (open === '⦃' || open === '{') return { kind: 'set', items: parts.map(inner) };
  if (parts.length === 1 && open === '(') return inner(content);
  return { kind: 'row', brackets: open + close, items: parts.map(inner) };
}

/** Where the bracket that opens the text closes; brackets of an interval need not be of one kind. */
function closingOf(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (OPEN.includes(text[i])) depth++;
    else if (CLOSE.includes(text[i])) depth--;
    if (depth === 0) return i;
  }
  return -1;
}

/** Splits where the separator stands in no bracket. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (OPEN.includes(text[i])) depth++;
    else if (CLOSE.includes(text[i])) depth = Math.max(0, depth - 1);
    else if (text[i] === separator && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/** `x > 3` as `(3, infinity)`, `1 ≤ x < 2` as `[1, 2)`. */
function inequality(text: string): string | undefined {
  const signs = text
    .replaceAll('<=', '≤')
    .replaceAll('>=', '≥')
    .split(/([<>≤≥])/);
  if (signs.length === 5 && NAME.test(signs[2])) {
    const [low, first, , second, high] = signs;
    if (isLess(first) && isLess(second))
      return `${first === '<' ? '(' : '['}${low},${high}${second === '<' ? ')' : ']'}`;
    if (!isLess(first) && !isLess(second))
      return `${second === '>' ? '(' : '['}${high},${low}${first === '>' ? ')' : ']'}`;
  }
  if (signs.length !== 3) return undefined;
  const [left, sign, right] = signs;
  const isNameLeft = NAME.test(left);
  if (isNameLeft === NAME.test(right)) return undefined;
  const bound = isNameLeft ? right : left;
  const isClosed = sign === '≤' || sign === '≥';
  return isLess(sign) === isNameLeft
    ? `(-infinity,${bound}${isClosed ? ']' : ')'}`
    : `${isClosed ? '[' : '('}${bound},infinity)`;
}

function isLess(sign: string): boolean {
  return sign === '<' || sign === '≤';
}
