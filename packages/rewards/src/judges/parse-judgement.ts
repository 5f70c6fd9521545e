import { excerpt } from '../excerpt.js';

/** Longest answer that is searched for JSON within other text, in characters. */
const MAX_SEARCHED = 200_000;

/**
 * Finds the JSON object in a judge's answer: the whole text, else the last code fence, else the last object
 * that stands in the text. The last, since judges reason first and may quote what they judge.
 *
 * @throws if there is none
 */
export function parseJudgement(text: string): unknown {
  const searched = text.slice(-MAX_SEARCHED);
  const fences = [...searched.matchAll(/```(?:json)?\s*\n?(.*?)```/gis)].map(
    ([, inside]) => inside,
  );
  for (const candidate of [searched, ...fences.reverse()]) {
    const object = parseObject(candidate);
    if (object !== undefined) return object;
  }
  const objects = topLevelObjects(searched);
  for (const candidate of objects.reverse()) {
    const object = parseObject(candidate);
    if (object !== undefined) return object;
  }
  throw new Error(`it holds no JSON object, or one that is cut off: ${excerpt(text)}`);
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The stretches from a brace to the one that closes it, in one pass; quotes count only within objects. */
function topLevelObjects(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isQuoted) {
      if (character === '\\') i++;
      else if (character === '"') isQuoted = false;
    } else if (character === '"') isQuoted = depth > 0;
    else if (character === '{') {
      if (depth++ === 0) start = i;
    } else if (character === '}' && depth > 0 && --depth === 0) {
      found.push(text.slice(start, i + 1));
    }
  }
  return found;
}
