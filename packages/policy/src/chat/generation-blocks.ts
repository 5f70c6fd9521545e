/** `{% generation %}` and `{% endgeneration %}`, with or without signs that trim the space around them. */
const TAG = /\{%(-?)\s*(end)?generation\s*(-?)%\}/g;
const OPENS = 'generation_block_opens';
const CLOSES = 'generation_block_closes';

/** Where the model's own words stand in a text: from `start` up to, not including, `end`, in UTF-16 units. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * Lets a Jinja engine that does not know `{% generation %}` tell what a template writes between it and
 * `{% endgeneration %}`: each tag becomes a block that writes a variable, empty or a mark. A block, because
 * space around a block is trimmed otherwise than around an expression.
 */
export function generationBlocks(source: string) {
  let count = 0;
  const marked = source.replace(TAG, (_, left, end, right) => {
    count++;
    return `{%${left} if true %}{{ ${end ? CLOSES : OPENS} }}{% endif ${right}%}`;
  });
  return {
    source: marked,
    hasBlocks: count > 0,
    /** The template's variables for text without marks. */
    plain: { [OPENS]: '', [CLOSES]: '' },
    /**
     * The template's variables for text with marks, and what takes the marks out of it again.
     *
     * @param taken text that the marks must not stand in
     */
    marks: (taken: string) => {
      let mark = '@generation';
      while (taken.includes(mark) || marked.includes(mark)) mark += '@';
      const [open, close] = [`${mark}<`, `${mark}>`];
      return {
        variables: { [OPENS]: open, [CLOSES]: close },
        spans: (text: string) => takeMarks(text, open, close),
      };
    },
  };
}

function takeMarks(text: string, open: string, close: string) {
  const spans: TextSpan[] = [];
  let plain = '';
  for (const [i, part] of text.split(open).entries()) {
    const [inside = '', ...outside] = part.split(close);
    if (i > 0) spans.push({ start: plain.length, end: plain.length + inside.length });
    plain += inside + outside.join('');
  }
  return { text: plain, spans };
}
