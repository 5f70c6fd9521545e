/** Beyond this depth of braces a text is no answer that anyone wrote. */
const MAX_DEPTH = 30;

/** What stands after `^` in 90^\circ. */
const DEGREE = /^\s*(?:\\circ|\{\s*\\circ\s*\})(?![A-Za-z])/;

/** One character each, for text that was typed or copied rather than written in LaTeX. */
const SIGNS: Readonly<Record<string, string>> = {
  '−': '-',
  '–': '-',
  '×': '*',
  '·': '*',
  '⋅': '*',
  '∙': '*',
  '÷': '/',
  '⁄': '/',
  π: ' pi ',
  '√': ' sqrt ',
  '∞': ' infinity ',
  '∪': '∪',
  '°': '"degree"',
  '²': '^2',
  '³': '^3',
  '½': '(1/2)',
  '¼': '(1/4)',
  '¾': '(3/4)',
  '（': '(',
  '）': ')',
  '，': ',',
  '≤': '≤',
  '≥': '≥',
};

/** Commands that stand for one sign or word. */
const COMMANDS: Readonly<Record<string, string>> = {
  cdot: '*',
  times: '*',
  ast: '*',
  div: '/',
  pi: ' pi ',
  infty: ' infinity ',
  pm: '±',
  cup: '∪',
  le: '≤',
  leq: '≤',
  leqslant: '≤',
  ge: '≥',
  geq: '≥',
  geqslant: '≥',
  lt: '<',
  gt: '>',
  in: '∈',
  circ: '"degree"',
  degree: '"degree"',
  '%': '%',
  $: '',
  '{': '⦃',
  '}': '⦄',
  lbrace: '⦃',
  rbrace: '⦄',
  lvert: '|',
  rvert: '|',
  '\\': ';',
};

/** Commands that move ink but not meaning. */
const SILENT = new Set(
  'left right big Big bigg Bigg bigl bigr Bigl Bigr displaystyle textstyle limits quad qquad , ; : ! > ( ) [ ]'.split(
    ' ',
  ),
);
const WORDS = new Set(['text', 'textrm', 'textbf', 'textit', 'mathrm', 'mbox', 'operatorname']);
const STYLES = new Set(['mathbf', 'mathit', 'mathbb', 'boldsymbol', 'boxed', 'fbox', 'overline']);

/**
 * Rewrites LaTeX, or maths as people type it, in one plain form: `\dfrac{1}{2}` gives `((1)/(2))`, `x^{2}` `x^(2)`,
 * `\sqrt[3]{x}` `nthRoot(x,3)`, `3\frac12` `(3+(1)/(2))`. Words of `\text{…}` stand in double quotes, the braces of a
 * set are `⦃ ⦄`, the rows of a matrix are lists in a list.
 *
 * @returns `null` for braces that do not match or nest deeper than 30
 */
export function plainMaths(text: string): string | null {
  const reader = new Reader(text);
  const plain = reader.until(undefined, 0);
  return plain === null ? null : plain.replace(/\s+/g, ' ').trim();
}

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  /** Everything up to the closing character, or to the end. */
  until(close: string | undefined, depth: number): string | null {
    if (depth > MAX_DEPTH) return null;
    let out = '';
    while (this.at < this.text.length) {
      const char = this.text[this.at];
      if (char === close) {
        this.at++;
        return out;
      }
      const piece = this.piece(depth, out);
      if (piece === null) return null;
      if (piece.startsWith('MIXED')) {
        const whole = /\d+$/.exec(out)?.[0] ?? '';
        out = `${out.slice(0, out.length - whole.length)}(${whole}+${piece.slice('MIXED'.length)})`;
      } else out += piece;
    }
    return close === undefined ? out : null;
  }

  private piece(depth: number, before: string): string | null {
    const char = this.text[this.at++];
    if (char === '\\') return this.command(depth, before);
    if (char === '{') {
      const content = this.until('}', depth + 1);
      // 1{,}000: a comma in braces separates thousands.
      return content === null || content === ',' ? content && '' : `(${content})`;
    }
    if (char === '}') return null;
    if (char === '$' || char === '&') return char === '&' ? ',' : '';
    if (char === '~') return ' ';
    const degree = char === '^' ? DEGREE.exec(this.text.slice(this.at, this.at + 20)) : null;
    if (degree !== null) {
      this.at += degree[0].length;
      return '"degree"';
    }
    return SIGNS[char] ?? char;
  }

  private command(depth: number, before: string): string | null {
    const name = /^([A-Za-z]+|[\s\S])/.exec(this.text.slice(this.at, this.at + 40))?.[0] ?? '';
    this.at += name.length;
    if (/^[dtc]?frac$/.test(name)) return this.fraction(depth, before);
    if (name === 'sqrt') return this.root(depth);
    if (name === 'begin') return this.matrix(depth);
    if (WORDS.has(name)) {
      const words = this.braced();
      return words === null ? null : `"${words.trim()}"`;
    }
    if (STYLES.has(name)) return this.argument(depth);
    if (name.trim() === '' || SILENT.has(name)) return name === 'quad' ? ' ' : '';
    return COMMANDS[name] ?? ` ${name} `;
  }

  private fraction(depth: number, before: string): string | null {
    const top = this.argument(depth);
    const bottom = this.argument(depth);
    if (top === null || bottom === null) return null;
    const isMixed = /(^|[^\w.)^])\d+$/.test(before) && /^\d+$/.test(top) && /^\d+$/.test(bottom);
    return `${isMixed ? 'MIXED' : ''}((${top})/(${bottom}))`;
  }

  private root(depth: number): string | null {
    let index: string | null = '';
    if (this.text[this.at] === '[') {
      this.at++;
      index = this.until(']', depth + 1);
    }
    const content = this.argument(depth);
    if (index === null || content === null) return null;
    return index === '' ? `sqrt(${content})` : `nthRoot(${content},${index})`;
  }

  /** The rows of `\begin{pmatrix}…\end{pmatrix}`; of any other environment, what stands in it. */
  private matrix(depth: number): string | null {
    const name = this.braced();
    const end = this.text.indexOf(`\\end{${name}}`, this.at);
    if (name === null || end === -1 || depth >= MAX_DEPTH) return null;
    const content = new Reader(this.text.slice(this.at, end)).until(undefined, depth + 1);
    this.at = end + `\\end{${name}}`.length;
    if (content === null || !/matrix|array/.test(name)) return content;
    const rows = content.split(';').filter((row) => row.trim() !== '');
    return `[${rows.map((row) => `[${row}]`).join(',')}]`;
  }

  /** `{…}`, a command, or one character, as TeX takes an argument. */
  private argument(depth: number): string | null {
    while (this.text[this.at] === ' ') this.at++;
    if (depth > MAX_DEPTH || this.at >= this.text.length) return null;
    if (this.text[this.at] !== '{') return this.piece(depth + 1, '');
    this.at++;
    return this.until('}', depth + 1);
  }

  /** The text between the braces that open here. */
  private braced(): string | null {
    if (this.text[this.at] !== '{') return null;
    const end = this.text.indexOf('}', this.at);
    if (end === -1) return null;
    const content = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return content;
  }
}
