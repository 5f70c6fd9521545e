import { isSameValue } from './code/same-json.js';
import { excerpt } from './excerpt.js';
import { modelTurns } from './model-turns.js';
import { rowColumn } from './row-column.js';
import type { Episode, Reward } from './types.js';

/** One call of a tool. */
export interface ExpectedToolCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** Options of `toolCallMatch`. */
export interface ToolCallMatchOptions {
  /** Column of the row that holds the calls to make, a list of `{ name, arguments }`. Default `toolCalls`. */
  readonly column?: string;
  /** Whether the calls must come in the row's order. Default true. */
  readonly isOrdered?: boolean;
  /** Reads the calls of an episode. Default: `<tool_call>{"name": …, "arguments": {…}}</tool_call>` in all turns. */
  readonly parse?: (episode: Episode) => readonly ExpectedToolCall[];
}

/** Calls of one episode that are looked at; more are counted as wrong. */
const MAX_CALLS = 50;
const TAG = /<tool_call>((?:(?!<tool_call>)[\s\S])*?)<\/tool_call>/g;

/**
 * Rewards the right calls of tools. A call that was made is worth, beside one of the row with the same name,
 *
 *     s = arguments with the right value / names of arguments in either        (1 where neither has any)
 *
 * and with a different name nothing. Calls are paired so that the sum is largest, in the row's order if it counts:
 *
 *     r = Σ s / max(calls of the row, calls made)
 *
 * so that a call too many costs as much as one too few. In the manner of BFCL (https://gorilla.cs.berkeley.edu) and of
 * ToolRL (Qian et al. 2025, https://arxiv.org/abs/2504.13958), whose sum of names and arguments is a part here.
 *
 * @returns a reward from 0 to 1 with the parts `names` (r with s = 1 for a right name) and `exact` (1 if r is 1);
 * a row without calls gives 1 if none is made; `null` where the row's calls are `null`
 * @throws the reward throws if the row's calls are no list of calls
 * @example
 * toolCallMatch(); // { name: 'toolCallMatch', fn }
 */
export function toolCallMatch({
  column = 'toolCalls',
  isOrdered = true,
  parse = taggedCalls,
}: ToolCallMatchOptions = {}): Reward {
  return {
    name: 'toolCallMatch',
    fn: (episode) => {
      const listed = rowColumn('toolCallMatch', episode.row, column);
      if (listed === null || listed === undefined) return null;
      const gold = asCalls(listed);
      const made = parse(episode);
      const most = Math.max(gold.length, made.length);
      if (most === 0) return { value: 1, parts: { names: 1, exact: 1 } };
      const looked = made.slice(0, MAX_CALLS);
      const total = isOrdered ? bestInOrder : bestInAnyOrder;
      const value = total(gold, looked, worth) / most;
      const names = total(gold, looked, (a, b) => Number(a.name === b.name)) / most;
      return { value, parts: { names, exact: value === 1 ? 1 : 0 } };
    },
  };
}

type Worth = (gold: ExpectedToolCall, made: ExpectedToolCall) => number;

function worth(gold: ExpectedToolCall, made: ExpectedToolCall): number {
  if (gold.name !== made.name) return 0;
  const names = new Set([...Object.keys(gold.arguments), ...Object.keys(made.arguments)]);
  if (names.size === 0) return 1;
  const right = [...names].filter(
    (name) =>
      Object.hasOwn(gold.arguments, name) &&
      Object.hasOwn(made.arguments, name) &&
      isSameValue(made.arguments[name], gold.arguments[name]),
  );
  return right.length / names.size;
}

/** The largest sum of pairs that keep the order: an alignment. */
function bestInOrder(
  gold: readonly ExpectedToolCall[],
  made: readonly ExpectedToolCall[],
  s: Worth,
) {
  let row = new Array<number>(made.length + 1).fill(0);
  for (const call of gold) {
    const next = [0];
    for (const [j, one] of made.entries()) {
      next.push(Math.max(row[j + 1], next[j], row[j] + s(call, one)));
    }
    row = next;
  }
  return row[made.length];
}

/** The best pair first, then the best of what is left. */
function bestInAnyOrder(
  gold: readonly ExpectedToolCall[],
  made: readonly ExpectedToolCall[],
  s: Worth,
) {
  const pairs = gold
    .flatMap((call, i) => made.map((one, j) => ({ i, j, worth: s(call, one) })))
    .sort((a, b) => b.worth - a.worth || a.i - b.i || a.j - b.j);
  const [taken, used] = [new Set<number>(), new Set<number>()];
  let sum = 0;
  for (const { i, j, worth } of pairs) {
    if (taken.has(i) || used.has(j)) continue;
    taken.add(i);
    used.add(j);
    sum += worth;
  }
  return sum;
}

/** A block that is no call is a call that went wrong: it has no name that any tool has. */
function taggedCalls(episode: Episode): readonly ExpectedToolCall[] {
  const turns = modelTurns(episode).map(({ content }) => content);
  const texts = turns.length === 0 ? [episode.completion] : turns;
  return texts.flatMap((text) =>
    [...text.matchAll(TAG)].map(([, json]) => {
      try {
        const call: unknown = JSON.parse(json);
        if (isCall(call)) return call;
      } catch {
        // no JSON: a call that went wrong
      }
      return { name: '', arguments: {} };
    }),
  );
}

function isCall(value: unknown): value is ExpectedToolCall {
  if (typeof value !== 'object' || value === null) return false;
  const { name, arguments: given } = value as Partial<Record<keyof ExpectedToolCall, unknown>>;
  return (
    typeof name === 'string' && typeof given === 'object' && given !== null && !Array.isArray(given)
  );
}

function asCalls(listed: unknown): readonly ExpectedToolCall[] {
  const wrong = Array.isArray(listed) ? listed.find((one) => !isCall(one)) : listed;
  if (wrong === undefined && Array.isArray(listed) && listed.length <= MAX_CALLS) return listed;
  const got = wrong === undefined ? `${(listed as unknown[]).length} calls` : JSON.stringify(wrong);
  throw new Error(
    `toolCallMatch: the row's calls must be a list of at most ${MAX_CALLS} { name, arguments }, got ${excerpt(String(got))}. Map the row's calls to that form.`,
  );
}
