/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Elements. Text goes in as text nodes and nothing is ever parsed as markup: what models wrote stays text. */

export type Child = Node | string | number | null | undefined | false;

export interface Properties {
  readonly class?: string;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
  /** Custom properties of the style, such as `--heat`. */
  readonly style?: Readonly<Record<string, string>>;
  /** All others are attributes; `true` is an empty one, `false` and undefined none; of `aria-…` both are words. */
  readonly [attribute: string]: unknown;
}

/** An element with its attributes and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'on') listen(element, value as Properties['on']);
    else if (name === 'style') {
      for (const [key, text] of Object.entries(value as Record<string, string>))
        element.style.setProperty(key, text);
    } else if (name.startsWith('aria-') && typeof value === 'boolean')
      element.setAttribute(name, String(value));
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined && value !== null)
      element.setAttribute(name, String(value));
  }
  element.append(...present(children));
  return element;
}

/** Puts children in place of what an element holds. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(...present(children));
}

/** Makes content anew; the button that had the focus, by its text, has it again. */
export function keepingFocus(element: Element, make: () => void): void {
  const { activeElement } = document;
  const text = element.contains(activeElement) ? activeElement?.textContent : undefined;
  make();
  if (text) [...element.querySelectorAll('button')].find((b) => b.textContent === text)?.focus();
}

/** A control with its label. */
export function field(label: string, control: HTMLElement): HTMLLabelElement {
  return h('label', { class: 'field' }, h('span', {}, label), control);
}

/** A choice from a list. */
export function select(onChange: (value: string) => void): HTMLSelectElement {
  const control = h('select', { on: { change: () => onChange(control.value) } });
  return control;
}

/** What a choice offers, and what is chosen; made anew only where it differs. */
export function offer(
  control: HTMLSelectElement,
  options: readonly (readonly [value: string, text: string])[],
  value: string,
): void {
  const key = JSON.stringify(options);
  if (control.dataset.key !== key) {
    fill(control, ...options.map(([name, text]) => h('option', { value: name }, text)));
    control.dataset.key = key;
  }
  control.value = value;
}

/** A field to type into; told when the value is settled. */
export function input(
  onChange: (value: string) => void,
  attributes: Properties = {},
): HTMLInputElement {
  const control = h('input', { ...attributes, on: { change: () => onChange(control.value) } });
  return control;
}

/** Puts a value into a field, unless somebody is typing there. */
export function put(control: HTMLInputElement, value: string | number | undefined): void {
  if (document.activeElement !== control) control.value = String(value ?? '');
}

/** One of few, all in sight. */
export function segments<T extends string>(
  label: string,
  options: readonly (readonly [value: T, text: string])[],
  value: T,
  onChange: (value: T) => void,
): HTMLElement {
  return h(
    'div',
    { class: 'segments', role: 'group', 'aria-label': label },
    ...options.map(([name, text]) =>
      h(
        'button',
        { type: 'button', 'aria-pressed': name === value, on: { click: () => onChange(name) } },
        text,
      ),
    ),
  );
}

function present(children: readonly Child[]): (Node | string)[] {
  return children.flatMap((child) =>
    child === null || child === undefined || child === false
      ? []
      : [typeof child === 'number' ? String(child) : child],
  );
}

function listen(element: Element, on: Properties['on'] = {}): void {
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
}
