/**
 * Finds where a JSON object or list ends that starts at a place of a text, braces within strings left
 * aside. What stands between need not be valid JSON: that is for a parser to say.
 *
 * @returns the place behind its last brace; undefined where none starts, or it does not end
 */
export function jsonEnd(text: string, start: number): number | undefined {
  let depth = 0;
  let isInString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (isInString) {
      if (character === '\\') at++;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    // No JSON has it outside strings; so a text of many unfinished calls is not read over and over.
    else if (character === '<') return undefined;
    if (depth === 0) return at === start ? undefined : at + 1;
  }
  return undefined;
}
