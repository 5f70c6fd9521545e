/**
 * Line plots as SVG: small panels side by side, one per metric. Colours are of middle lightness and the ground is left
 * out, so that a page may be light or dark.
 */

const PANEL = { width: 250, height: 150, left: 44, top: 26, right: 12, bottom: 24 };
const TEXT = '#7d8590'; // 4:1 on white and on black
const GRID = '#7d859055';
const COLOURS = ['#3b82f6', '#e0762f'];
const FONT = 'font-family="system-ui, sans-serif" font-size="11"';

/**
 * A figure of several panels.
 *
 * @param panels [{ title, lines: [{ name, values }], marks: [{ step, name }] }]: one value per step from step 1 on, and
 * steps at which something happened
 * @returns the text of an SVG file
 */
export function figure(panels) {
  const names = [...new Set(panels.flatMap(({ lines }) => lines.map(({ name }) => name)))];
  const width = panels.length * PANEL.width;
  const height = PANEL.height + 20;
  const legend = names.map((name, i) => {
    const x = PANEL.left + i * 130;
    return `<path d="M${x} ${height - 8}h18" stroke="${COLOURS[i]}" stroke-width="2"/><text x="${x + 24}" y="${height - 4}">${escaped(name)}</text>`;
  });
  const title = panels.map((panel) => panel.title).join(', ');
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>path{fill:none}text{fill:${TEXT}}</style>`,
    `<g ${FONT}>`,
    ...panels.map((panel, i) => drawPanel(panel, i * PANEL.width, names)),
    ...legend,
    '</g>',
    '</svg>',
  ].join('\n')}\n`;
}

/** One metric: axes with three numbers each, a line per run, a dashed line where something happened. */
function drawPanel({ title, lines, marks = [] }, x0, names) {
  const steps = Math.max(...lines.map(({ values }) => values.length));
  const all = lines.flatMap(({ values }) => values);
  const low = Math.min(0, ...all);
  const top = niceTop(Math.max(...all) - low) + low;
  const [left, right] = [x0 + PANEL.left, x0 + PANEL.width - PANEL.right];
  const bottom = PANEL.height - PANEL.bottom;
  const x = (step) => round(left + ((step - 1) / Math.max(1, steps - 1)) * (right - left));
  const y = (value) => round(bottom - ((value - low) / (top - low)) * (bottom - PANEL.top));
  const rows = [low, (low + top) / 2, top].map(
    (value) =>
      `<path d="M${left} ${y(value)}H${right}" stroke="${GRID}"/><text x="${left - 6}" y="${y(value) + 4}" text-anchor="end">${Number(value.toPrecision(3))}</text>`,
  );
  const columns = [1, Math.round(steps / 2), steps].map(
    (step) => `<text x="${x(step)}" y="${bottom + 15}" text-anchor="middle">${step}</text>`,
  );
  const drawn = lines.map(({ name, values }) => {
    const points = values.map((value, i) => `${x(i + 1)} ${y(value)}`).join('L');
    return `<path d="M${points}" stroke="${COLOURS[names.indexOf(name)]}" stroke-width="1.5" stroke-linejoin="round"/>`;
  });
  const dashed = marks.map(
    ({ step, name }) =>
      `<path d="M${x(step)} ${PANEL.top}V${bottom}" stroke="${COLOURS[1]}" stroke-dasharray="3 3"><title>${escaped(name)}, step ${step}</title></path>`,
  );
  return [
    `<text x="${left}" y="16" font-weight="600">${escaped(title)}</text>`,
    ...rows,
    ...columns,
    ...dashed,
    ...drawn,
  ].join('\n');
}

/** A number that is easy to read off, and its half too. */
function niceTop(span) {
  if (!(span > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(span));
  return [1, 1.6, 2, 3, 4, 5, 6, 8, 10]
    .map((factor) => factor * power)
    .find((value) => value >= span);
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
