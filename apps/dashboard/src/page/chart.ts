import { fill, h } from './dom.js';
import { shownNumber } from './format.js';
import uPlot from './uplot.js';
import { colourOf } from './view.js';

/** One curve of a chart. */
export interface Line {
  readonly label: string;
  /** A custom property of the style sheet. */
  readonly colour: string;
  readonly steps: readonly number[];
  readonly values: readonly (number | null)[];
  /** Drawn pale, and left out where values are told: what a smoothed line was made of. */
  readonly isFaint?: boolean;
}

/** A step at which something happened in one run. */
export interface Mark {
  readonly step: number;
  readonly colour: string;
}

export interface ChartOptions {
  readonly title: string;
  readonly note: string;
  /** In px, of the plot as it is and of one that is enlarged. */
  readonly height: number;
  readonly largeHeight?: number;
  /** Is asked to enlarge the plot, or to make it small again; without it there is no button. */
  readonly onLarge?: (isLarge: boolean) => void;
  /** Is told of a window that was chosen; undefined for the whole. */
  readonly onZoom: (window: { from: number; to: number } | undefined) => void;
  /**
   * Is told of the step under the cursor. The charts share a pointer's step by themselves; one that keys chose is to be
   * shown on the others.
   */
  readonly onCursor: (step: number | undefined, isByKey: boolean) => void;
}

const PAGE = 10;
const FONT = '11px system-ui, sans-serif';

/** Curves over steps, with a cursor that all charts of the page share. */
export class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #readout = h('ul', { class: 'readout' });
  readonly #plot: HTMLElement;
  readonly #large = h(
    'button',
    {
      type: 'button',
      class: 'large',
      'aria-pressed': false,
      on: { click: () => this.#options.onLarge?.(!this.isLarge) },
    },
    '⤢',
  );
  #uplot: uPlot | undefined;
  #key = '';
  #lines: readonly Line[] = [];
  #range: readonly [number, number] = [0, 1];
  #marks: readonly Mark[] = [];
  /** The step under the cursor. */
  #step: number | undefined;

  constructor(options: ChartOptions) {
    this.#options = options;
    this.#large.setAttribute('aria-label', `Enlarge ${options.title}`);
    this.#large.title = 'Enlarge';
    this.#plot = h('div', {
      class: 'plot',
      role: 'slider',
      tabindex: 0,
      'aria-label': `${options.title} by step`,
      on: {
        keydown: (event) => this.#onKey(event as KeyboardEvent),
        blur: () => this.#moveTo(undefined),
      },
    });
    this.element = h(
      'figure',
      { class: 'chart' },
      h(
        'figcaption',
        {},
        h('h3', {}, options.title, options.onLarge && this.#large),
        h('p', { class: 'note' }, options.note),
        this.#readout,
      ),
      this.#plot,
    );
  }

  /**
   * @param range steps of the whole axis, the same for all charts
   * @param marks steps at which a run raised an alarm
   */
  draw(
    lines: readonly Line[],
    range: readonly [number, number],
    marks: readonly Mark[],
    theme: string,
  ): void {
    this.#lines = lines;
    this.#range = range[0] < range[1] ? range : [range[0] - 1, range[0] + 1];
    this.#marks = marks;
    const tables = lines.map(({ steps, values }) => [[...steps], [...values]] as uPlot.AlignedData);
    const data = tables.length > 0 ? uPlot.join(tables) : ([[]] as unknown as uPlot.AlignedData);
    const key = [theme, ...lines.map((l) => `${l.label}|${l.colour}|${l.isFaint}`)].join('\n');
    if (key !== this.#key || !this.#uplot) {
      this.#uplot?.destroy();
      this.#uplot = new uPlot(this.#uplotOptions(), data, this.#plot);
      this.#key = key;
    } else {
      this.#uplot.setData(data);
    }
    this.#tell();
  }

  /** Puts the cursor on a step, or takes it away. */
  showStep(step: number | undefined): void {
    const u = this.#uplot;
    if (!u) return;
    const [left, top] = step === undefined ? [-10, -10] : [u.valToPos(step, 'x'), 10];
    u.setCursor({ left, top }, false);
    this.#step = step;
    this.#tell();
  }

  get isLarge(): boolean {
    return this.element.classList.contains('is-large');
  }

  setLarge(isLarge: boolean): void {
    this.element.classList.toggle('is-large', isLarge);
    this.#large.setAttribute('aria-pressed', String(isLarge));
    this.resize();
  }

  resize(): void {
    const width = this.#plot.clientWidth;
    const height = this.#height();
    const u = this.#uplot;
    if (u && width > 0 && (width !== u.width || height !== u.height)) u.setSize({ width, height });
  }

  #height(): number {
    const { height, largeHeight = height } = this.#options;
    return this.isLarge ? largeHeight : height;
  }

  destroy(): void {
    this.#uplot?.destroy();
    this.#uplot = undefined;
  }

  #uplotOptions(): uPlot.Options {
    const [muted, grid] = ['--muted', '--grid'].map(colourOf);
    const axis = {
      stroke: muted,
      font: FONT,
      grid: { stroke: grid, width: 1 },
      ticks: { show: false },
    };
    return {
      width: Math.max(120, this.#plot.clientWidth),
      height: this.#height(),
      padding: [8, 16, 0, 0],
      legend: { show: false },
      scales: { x: { time: false, range: () => [...this.#range] as [number, number] } },
      axes: [
        { ...axis, size: 22, gap: 4, space: 46 },
        { ...axis, size: 48, gap: 4, space: 34, values: (_, splits) => splits.map(shownNumber) },
      ],
      series: [
        {},
        ...this.#lines.map(({ label, colour, isFaint = false, steps }) => ({
          label,
          stroke: colourOf(colour),
          width: isFaint ? 1 : 1.6,
          alpha: isFaint ? 0.28 : 1,
          spanGaps: true,
          points: { show: !isFaint && steps.length <= 40, size: 5 },
        })),
      ],
      cursor: {
        y: false,
        points: { size: 7 },
        drag: { x: true, y: false, setScale: false, dist: 5 },
        sync: { key: 'step', scales: ['x', null] },
        bind: {
          dblclick: () => () => {
            this.#options.onZoom(undefined);
            return null;
          },
        },
      },
      hooks: {
        setSelect: [(u) => this.#onSelect(u)],
        setCursor: [(u) => this.#onPointer(u)],
        draw: [(u) => drawMarks(u, this.#marks)],
      },
    };
  }

  #onSelect(u: uPlot): void {
    const { left, width } = u.select;
    if (width <= 0) return;
    const [from, to] = [left, left + width].map((x) => Math.round(u.posToVal(x, 'x')));
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (to > from) this.#options.onZoom({ from, to });
  }

  #onPointer(u: uPlot): void {
    const { idx, left = -1 } = u.cursor;
    this.#step = left < 0 || idx == null ? undefined : u.data[0][idx];
    this.#tell();
    if (u.over.matches(':hover') || left < 0) this.#options.onCursor(this.#step, false);
  }

  /** Writes the values at the cursor, or the last ones, beside the title and for screen readers. */
  #tell(): void {
    const u = this.#uplot;
    if (!u) return;
    const step = this.#step;
    const told = this.#lines.flatMap((line) =>
      line.isFaint ? [] : [{ ...line, value: valueAt(line, step) }],
    );
    fill(
      this.#readout,
      ...told.map(({ label, colour, value }) =>
        h(
          'li',
          { title: label },
          h('i', { class: 'swatch', style: { '--colour': `var(${colour})` } }),
          told.length > 1 && h('span', { class: 'name' }, label),
          h('b', {}, shownNumber(value)),
        ),
      ),
    );
    const shown = step ?? this.#range[1];
    const text = told.map(({ label, value }) => `${label} ${shownNumber(value)}`).join(', ');
    const attributes = {
      'aria-valuemin': this.#range[0],
      'aria-valuemax': this.#range[1],
      'aria-valuenow': shown,
      'aria-valuetext': `step ${shown}: ${text || 'no values'}`,
    };
    for (const [name, value] of Object.entries(attributes))
      this.#plot.setAttribute(name, String(value));
  }

  #onKey(event: KeyboardEvent): void {
    const [from, to] = this.#range;
    // A point on either side of the window is there for the lines that lead out of it.
    const steps = [...(this.#uplot?.data[0] ?? [])].filter((step) => step >= from && step <= to);
    if (steps.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = steps.length - 1;
    const known = this.#step === undefined ? -1 : steps.indexOf(this.#step);
    const at = known < 0 ? last : known;
    const target: Readonly<Record<string, number>> = {
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      PageDown: at - PAGE,
      PageUp: at + PAGE,
      Home: 0,
      End: last,
    };
    const centre = steps[at];
    if (event.key in target) this.#moveTo(steps[Math.min(last, Math.max(0, target[event.key]))]);
    else if (event.key === '+' || event.key === '=') this.#zoom(centre, (to - from) / 4);
    else if (event.key === '-') this.#zoom(centre, to - from);
    else if (event.key === 'Escape') this.#options.onZoom(undefined);
    else return;
    event.preventDefault();
  }

  #zoom(centre: number, half: number): void {
    const from = Math.max(0, Math.round(centre - half));
    const to = Math.round(centre + half);
    if (to > from) this.#options.onZoom({ from, to });
  }

  #moveTo(step: number | undefined): void {
    this.showStep(step);
    this.#options.onCursor(step, true);
  }
}

/** The value at a step, or the last one before it; without a step, the last of all. */
function valueAt({ steps, values }: Line, step: number | undefined): number | null {
  for (let i = values.length - 1; i >= 0; i--) {
    if ((step === undefined || steps[i] <= step) && values[i] !== null) return values[i];
  }
  return null;
}

/** Half the width of the triangle above a mark, in px. */
const TRIANGLE = 4;

function drawMarks(u: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = u;
  const size = TRIANGLE * devicePixelRatio;
  const colours = new Map(marks.map(({ colour }) => [colour, '']));
  for (const colour of colours.keys()) colours.set(colour, colourOf(colour));
  for (const { step, colour } of marks) {
    const x = u.valToPos(step, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.save();
    ctx.strokeStyle = colours.get(colour) ?? '';
    ctx.fillStyle = ctx.strokeStyle;
    ctx.beginPath();
    ctx.moveTo(x - size, bbox.top - size);
    ctx.lineTo(x + size, bbox.top - size);
    ctx.lineTo(x, bbox.top + size);
    ctx.fill();
    ctx.globalAlpha = 0.35;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  }
}
