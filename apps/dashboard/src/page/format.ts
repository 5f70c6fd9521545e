/** A number for people: about four digits, and no more zeros than it needs. */
export function shownNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return minus(value.toExponential(2));
  if (Number.isInteger(value)) return minus(value.toLocaleString('en-GB'));
  if (size >= 1000) return minus(Number(value.toPrecision(5)).toLocaleString('en-GB'));
  return minus(String(Number(value.toPrecision(4))));
}

/** As above, with a sign in any case: for advantages. */
export function signed(value: number | null | undefined): string {
  const text = shownNumber(value);
  return typeof value === 'number' && value > 0 ? `+${text}` : text;
}

/** How long ago, in the largest unit that fits. */
export function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** A time in ISO 8601 as `2026-11-01 12:30:05`, in UTC as it is written. */
export function shownTime(iso: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)/.exec(iso);
  return match ? `${match[1]} ${match[2]}` : iso;
}

/** A value of a configuration on one line. */
export function shownValue(value: unknown): string {
  if (value === undefined) return '–';
  return typeof value === 'string' ? value || '(empty)' : JSON.stringify(value);
}

function minus(text: string): string {
  return text.replaceAll('-', '−');
}
