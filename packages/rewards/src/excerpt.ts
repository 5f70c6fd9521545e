const EXCERPT_LENGTH = 200;

/** The beginning of a text of any length, for an error message. */
export function excerpt(text: string): string {
  return text.length <= EXCERPT_LENGTH ? text : `${text.slice(0, EXCERPT_LENGTH)}…`;
}
