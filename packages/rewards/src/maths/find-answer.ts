/** Reaches further than any answer that is compared. */
const MAX_LENGTH = 2000;
const STATED = /(?:final\s+)?answer\s*(?:is|:|=)\s*([^\n]{1,500})/gi;

/**
 * Finds the answer to a mathematical question: the text of the last `\boxed{…}`; if there is none, of the last
 * `<answer>…</answer>`; if there is none, what follows the last "answer is" on its line. A last box or tag that does not
 * close is an answer that was not finished: there is none.
 */
export function findMathAnswer(text: string): string | undefined {
  const box = Math.max(text.lastIndexOf('\\boxed'), text.lastIndexOf('\\fbox'));
  if (box !== -1) return boxed(text.slice(box, box + MAX_LENGTH));
  const tag = text.lastIndexOf('<answer>');
  if (tag !== -1) {
    const end = text.indexOf('</answer>', tag);
    return end === -1 ? undefined : text.slice(tag + '<answer>'.length, end);
  }
  // Only the end is searched: an answer that is stated is stated last.
  const stated = [...text.slice(-MAX_LENGTH).matchAll(STATED)].at(-1)?.[1];
  return stated === undefined ? undefined : withoutSentence(stated);
}

function boxed(text: string): string | undefined {
  const start = text.indexOf('{');
  const bare = /^\\f?box(?:ed)?\s+([\w.+-]+)/.exec(text);
  if (bare && (start === -1 || start > bare[0].length)) return bare[1];
  let depth = 0;
  for (let i = start; start !== -1 && i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return text.slice(start + 1, i);
  }
  return undefined;
}

/** `$5$. Hope this helps!` is 5. */
function withoutSentence(line: string): string {
  const inMaths = /^\s*\**\s*(\$[^$]+\$|\\\([\s\S]+?\\\))/.exec(line)?.[1];
  return inMaths ?? line.replace(/\.(?:\s[\s\S]*)?$/, '').replaceAll('**', '');
}
