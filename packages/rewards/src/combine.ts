import { callPart } from './check-result.js';
import type { Reward, RewardMemory, RewardValue } from './types.js';

/** How `combine` makes one value of several. */
export type Combination = 'sum' | 'mean' | 'min' | 'max' | 'product';

/** Which weights a combination takes. */
interface WeightRule {
  readonly needs: string;
  readonly isAllowed: (w: number) => boolean;
}

const ZERO_OR_ONE: WeightRule = { needs: '0 or 1', isAllowed: (w) => w === 0 || w === 1 };
const WEIGHTS: Readonly<Record<Combination, WeightRule>> = {
  sum: { needs: 'finite', isAllowed: Number.isFinite },
  mean: { needs: 'finite and not negative', isAllowed: (w) => w >= 0 && w < Infinity },
  min: ZERO_OR_ONE,
  max: ZERO_OR_ONE,
  product: ZERO_OR_ONE,
};

/**
 * Makes one reward of several. A part that does not apply is left out, and so is a part of weight 0;
 * if none is left, the whole does not apply. With w the weights and r the values that are left:
 *
 *     sum = Σ w·r    mean = Σ w·r / Σ w    min = min r    max = max r    product = Π r
 *
 * The values of all parts are logged beside the whole, those of weight 0 too. A part that fails fails
 * the whole. Rewards that stand side by side need no `combine`: their weighted sum is what the
 * advantage is computed from. What parts remember, the whole remembers.
 *
 * @param name of the whole
 * @param parts with different names; for min, max and product their weights must be 0 or 1
 * @example
 * combine('gated', [numericAnswer(), answerFormat()], { by: 'product' }); // right and well-formed
 */
export function combine(
  name: string,
  parts: readonly Reward[],
  { by = 'sum' }: { readonly by?: Combination } = {},
): Reward {
  checkParts(name, parts, by);
  const memory = memoryOf(parts);
  return {
    name,
    ...(memory && { memory }),
    fn: async (episode, call) => {
      const results = await Promise.all(parts.map((part) => callPart(part, episode, call)));
      const entries = parts.map((part, i) => ({
        ...results[i],
        name: part.name,
        w: weightOf(part),
      }));
      const applicable = entries.flatMap(({ value, w }) =>
        value === null || w === 0 ? [] : [{ r: value, w }],
      );
      return {
        value: combined(applicable, by),
        parts: Object.fromEntries(entries.flatMap(namedParts)),
      };
    },
  };
}

function combined(terms: readonly { readonly r: number; readonly w: number }[], by: Combination) {
  if (terms.length === 0) return null;
  const rewards = terms.map(({ r }) => r);
  const weighted = terms.reduce((sum, { r, w }) => sum + w * r, 0);
  switch (by) {
    case 'sum':
      return weighted;
    case 'mean':
      return weighted / terms.reduce((sum, { w }) => sum + w, 0);
    case 'min':
      return Math.min(...rewards);
    case 'max':
      return Math.max(...rewards);
    case 'product':
      return rewards.reduce((product, r) => product * r, 1);
  }
}

function weightOf({ weight = 1 }: Reward): number {
  return weight;
}

/** The value of a part, and the parts that it has itself. */
function namedParts(part: {
  readonly name: string;
  readonly value: RewardValue;
  readonly parts: Readonly<Record<string, RewardValue>>;
}): [string, RewardValue][] {
  const inner = Object.entries(part.parts);
  return [
    [part.name, part.value],
    ...inner.map(([name, value]): [string, RewardValue] => [`${part.name}/${name}`, value]),
  ];
}

/** What the parts remember, each number under `part/number`. */
function memoryOf(parts: readonly Reward[]): RewardMemory | undefined {
  const owners = parts.flatMap(({ name, memory }) => (memory ? [{ name, memory }] : []));
  if (owners.length === 0) return undefined;
  const named = ({ name, memory }: (typeof owners)[number]) =>
    Object.entries(memory.save()).map(([key, n]) => [`${name}/${key}`, n] as const);
  return {
    save: () => Object.fromEntries(owners.flatMap(named)),
    load: (saved) => {
      for (const { name, memory } of owners) {
        const keys = Object.keys(memory.save());
        memory.load(Object.fromEntries(keys.map((key) => [key, saved[`${name}/${key}`]])));
      }
    },
  };
}

function checkParts(name: string, parts: readonly Reward[], by: Combination): void {
  const names = parts.map((part) => part.name);
  if (parts.length === 0 || new Set(names).size < names.length) {
    throw new RangeError(
      `combine: needs parts with different names for "${name}", got ${names.join(', ') || 'none'}. ` +
        'Rename one: { ...reward, name: "another" }.',
    );
  }
  const weights = parts.map(weightOf);
  const { isAllowed, needs } = WEIGHTS[by];
  if (!weights.every(isAllowed)) {
    throw new RangeError(
      `combine: weights of a ${by} must be ${needs}, got ${weights.join(', ')} for "${name}". ` +
        'Use a sum to weigh parts freely; weight 0 logs a part only.',
    );
  }
}
