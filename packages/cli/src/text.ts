/** C0 and C1 control characters but for tab and new line: what a model writes must not steer a terminal. */
const CONTROL = /[\p{Cc}]/gu;

/** Text of a model as a terminal may show it: control characters become U+FFFD. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => ('\n\t'.includes(character) ? character : '\uFFFD'));
}

/** The same on one line. */
export function oneLine(text: string): string {
  return printable(text).replace(/\s+/g, ' ').trim();
}

/** Cells that a character takes; those from Hangul Jamo on are counted as wide, so that a line never wraps. */
function cellsOf(character: string): number {
  return (character.codePointAt(0) ?? 0) >= 0x1100 && !/[\u2000-\u2BFF]/.test(character) ? 2 : 1;
}

/** Cuts a text to so many cells of a terminal; a cut one ends with an ellipsis. */
export function cut(text: string, cells: number): string {
  let used = 0;
  let kept = '';
  const characters = [...text];
  for (const [i, character] of characters.entries()) {
    used += cellsOf(character);
    const room = i === characters.length - 1 ? cells : cells - 1;
    if (used > room) return `${kept}…`;
    kept += character;
  }
  return kept;
}

/** Minutes and seconds, such as `3:07`; hours before them where there are any. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}

/** A number for people: three significant digits. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const rounded = Number(value.toPrecision(3));
  return String(Math.abs(rounded) >= 1000 ? Math.round(value) : rounded);
}

/** Columns one below the other, parted by two spaces. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, c) => cell.padEnd(widths[c] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
