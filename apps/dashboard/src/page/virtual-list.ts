import { fill, h } from './dom.js';

export interface VirtualListOptions<T> {
  readonly label: string;
  /** Height of a row, in px. */
  readonly rowHeight: number;
  /** Entries from a place on, and how many there are in all. */
  readonly load: (
    offset: number,
    limit: number,
  ) => Promise<{ total: number; entries: readonly T[] }>;
  /** What stands in a row, and what it says to a screen reader. */
  readonly row: (entry: T) => { readonly cells: readonly Node[]; readonly label: string };
  readonly isSelected: (entry: T) => boolean;
  /** @param isByKey walked to, rather than chosen */
  readonly onOpen: (entry: T, isByKey: boolean) => void;
}

const PAGE = 100;
/** Rows above and below what is in sight. */
const MARGIN = 8;

/** A list of any length, of which the rows in sight are elements and the entries around them are loaded. */
export class VirtualList<T> {
  readonly element: HTMLElement;
  readonly #options: VirtualListOptions<T>;
  readonly #inner = h('div', { class: 'rows', role: 'presentation' });
  #pages = new Map<number, readonly T[] | 'loading'>();
  #total = 0;
  #active = 0;
  #turn = 0;

  constructor(options: VirtualListOptions<T>) {
    this.#options = options;
    this.element = h(
      'div',
      {
        class: 'list',
        role: 'listbox',
        tabindex: 0,
        'aria-label': options.label,
        on: {
          scroll: () => this.draw(),
          keydown: (event) => this.#onKey(event as KeyboardEvent),
          click: (event) => this.#onClick(event),
        },
      },
      this.#inner,
    );
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  get total(): number {
    return this.#total;
  }

  /** Loads anew: the entries have changed. What stands there stays until the new ones are here. */
  async reload({ isNew = false } = {}): Promise<void> {
    const turn = ++this.#turn;
    if (isNew) {
      this.element.scrollTop = 0;
      this.#active = 0;
    }
    const page = Math.floor(this.element.scrollTop / this.#options.rowHeight / PAGE);
    const { total, entries } = await this.#options.load(page * PAGE, PAGE);
    if (turn !== this.#turn) return;
    this.#total = total;
    this.#active = Math.min(this.#active, Math.max(0, total - 1));
    this.#pages = new Map([[page, entries]]);
    this.draw();
  }

  draw(): void {
    const { rowHeight } = this.#options;
    this.#inner.style.height = `${this.#total * rowHeight}px`;
    const first = Math.max(0, Math.floor(this.element.scrollTop / rowHeight) - MARGIN);
    const count = Math.ceil(this.element.clientHeight / rowHeight) + 2 * MARGIN;
    const last = Math.min(this.#total, first + count);
    const rows: HTMLElement[] = [];
    for (let i = first; i < last; i++) rows.push(this.#row(i));
    fill(this.#inner, ...rows);
    const isThere = this.#active >= first && this.#active < last;
    if (isThere) this.element.setAttribute('aria-activedescendant', `row-${this.#active}`);
    else this.element.removeAttribute('aria-activedescendant');
  }

  #row(i: number): HTMLElement {
    const entry = this.#entry(i);
    const shown = entry === undefined ? undefined : this.#options.row(entry);
    const row = h(
      'div',
      {
        class: `row${i === this.#active ? ' active' : ''}`,
        id: `row-${i}`,
        role: 'option',
        'data-index': i,
        'aria-setsize': this.#total,
        'aria-posinset': i + 1,
        'aria-selected': entry !== undefined && this.#options.isSelected(entry),
        'aria-label': shown?.label ?? 'Loading',
      },
      ...(shown?.cells ?? []),
    );
    row.style.top = `${i * this.#options.rowHeight}px`;
    return row;
  }

  #entry(i: number): T | undefined {
    const page = Math.floor(i / PAGE);
    const entries = this.#pages.get(page);
    if (entries === undefined) this.#loadPage(page);
    return entries === undefined || entries === 'loading' ? undefined : entries[i - page * PAGE];
  }

  #loadPage(page: number): void {
    const pages = this.#pages;
    pages.set(page, 'loading');
    this.#options
      .load(page * PAGE, PAGE)
      .then(({ entries }) => {
        pages.set(page, entries);
        if (pages === this.#pages) this.draw();
      })
      .catch(() => pages.delete(page)); // asked again when it is drawn again
  }

  #onClick({ target }: Event): void {
    const row = target instanceof Element ? target.closest<HTMLElement>('.row') : null;
    if (row) this.#open(Number(row.dataset.index), false);
  }

  #onKey(event: KeyboardEvent): void {
    const inSight = Math.max(
      1,
      Math.floor(this.element.clientHeight / this.#options.rowHeight) - 1,
    );
    const target: Readonly<Record<string, number>> = {
      ArrowUp: this.#active - 1,
      ArrowDown: this.#active + 1,
      PageUp: this.#active - inSight,
      PageDown: this.#active + inSight,
      Home: 0,
      End: this.#total - 1,
    };
    if (event.key in target) this.#open(target[event.key], true);
    else if (event.key === 'Enter' || event.key === ' ') this.#open(this.#active, false);
    else return;
    event.preventDefault();
  }

  /** What is walked to opens too; an entry that is still on its way opens at the next key. */
  #open(i: number, isByKey: boolean): void {
    this.#moveTo(i);
    const entry = this.#entry(this.#active);
    if (entry !== undefined) this.#options.onOpen(entry, isByKey);
  }

  #moveTo(i: number): void {
    const { rowHeight } = this.#options;
    this.#active = Math.max(0, Math.min(this.#total - 1, i));
    const top = this.#active * rowHeight;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + rowHeight > scrollTop + clientHeight)
      this.element.scrollTop = top + rowHeight - clientHeight;
    this.draw();
  }
}
