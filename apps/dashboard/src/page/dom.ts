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

/** A choice from a list, with its label. */
export function select(
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  value: string,
  onChange: (value: string) => void,
): HTMLLabelElement {
  const field = h(
    'select',
    { on: { change: () => onChange(field.value) } },
    ...options.map(([key, text]) => h('option', { value: key, selected: key === value }, text)),
  );
  return h('label', { class: 'field' }, h('span', {}, label), field);
}

/** A field to type into, with its label; told when the value is settled. */
export function input(
  label: string,
  value: string,
  onChange: (value: string) => void,
  attributes: Properties = {},
): HTMLLabelElement {
  const field = h('input', { ...attributes, value, on: { change: () => onChange(field.value) } });
  return h('label', { class: 'field' }, h('span', {}, label), field);
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
