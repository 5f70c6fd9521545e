import type { RunSummary } from '../types.js';
import type { Change, ViewState } from './view-state.js';

/** A run with the colour that it has everywhere on the page. */
export interface ShownRun extends RunSummary {
  /** The end of its id that no other run has. */
  readonly name: string;
  /** A custom property of the style sheet, such as `--run-1`. */
  readonly colour: string;
}

/** What a view draws. */
export interface Drawn {
  readonly state: ViewState;
  /** Every run. */
  readonly all: readonly ShownRun[];
  /** Those that are ticked. */
  readonly runs: readonly ShownRun[];
}

/** Changes the view and the address; `isStep` makes a step of the browser's history. */
export type Go = (change: Change, isStep?: boolean) => void;

/** One of the pages. */
export interface View {
  readonly element: HTMLElement;
  readonly update: (drawn: Drawn) => void;
}

/** A colour of the style sheet as a canvas takes it. */
export function colourOf(property: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
