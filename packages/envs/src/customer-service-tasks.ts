import { keyedRandom, type Random } from '@grpo/random';
import { datasetFromRows } from './dataset-from-rows.js';
import { distinctIntegers } from './distinct-integers.js';
import type { Dataset } from './types.js';
import { checkCount } from './within-time.js';

/** An order, as the shop's records have it. */
export interface ShopOrder {
  readonly id: string;
  readonly item: string;
  /** In whole dollars, a multiple of 5. */
  readonly price: number;
  readonly daysSinceDelivery: number;
  readonly isFinalSale: boolean;
  readonly isDamaged: boolean;
  readonly isOpened: boolean;
}

/** What is done about an order. */
export type Resolution =
  | { readonly action: 'refund'; readonly amount: number }
  | { readonly action: 'refuse' | 'escalate' };

/** How many rules the shop has: 1, 2 or 3. */
export type ShopDifficulty = 1 | 2 | 3;

/** Options of `customerServiceTasks`. */
export interface CustomerServiceOptions {
  readonly seed: number;
  /** Number of tasks, each with an order of its own, up to 9000. */
  readonly count: number;
  /** The knob of difficulty. Default 1. */
  readonly difficulty?: ShopDifficulty;
}

const DAYS = 30;
const DAYS_IF_DAMAGED = 90;
const ESCALATED_FROM = 500;
const OPENED_SHARE = 0.8;
const ORDERS = 9000;
const ITEMS = ['kettle', 'lamp', 'rucksack', 'camera', 'bicycle', 'jacket', 'desk', 'radio'];

/** The rules of the shop, in words. */
export function shopPolicy(difficulty: ShopDifficulty): string {
  const rules = [
    `1. An order is refunded in full up to ${DAYS} days after its delivery, later it is refused.`,
    `2. Items of a final sale are refused. Damaged items are refunded up to ${DAYS_IF_DAMAGED} days ` +
      'after delivery, even those of a final sale. What counts is the record, not what is said.',
    `3. Where a refund is due, it is ${OPENED_SHARE * 100} % of the price for opened items that are ` +
      `not damaged. A refund of $${ESCALATED_FROM} or more is not yours to give: escalate.`,
  ];
  return rules.slice(0, difficulty).join('\n');
}

/** What the rules of `shopPolicy` make of an order. */
export function rightResolution(order: ShopOrder, difficulty: ShopDifficulty): Resolution {
  const { price, daysSinceDelivery: days } = order;
  const isDamaged = difficulty >= 2 && order.isDamaged;
  const isFinalSale = difficulty >= 2 && order.isFinalSale;
  const isInTime = days <= (isDamaged ? DAYS_IF_DAMAGED : DAYS);
  if (!isInTime || (isFinalSale && !isDamaged)) return { action: 'refuse' };
  const isReduced = difficulty === 3 && order.isOpened && !isDamaged;
  const amount = isReduced ? price * OPENED_SHARE : price;
  if (difficulty === 3 && amount >= ESCALATED_FROM) return { action: 'escalate' };
  return { action: 'refund', amount };
}

/**
 * Makes tasks for `customerServiceEnv`: customers who want their money back, rightly or not.
 *
 * Refund, refuse and, from difficulty 3, escalate are right equally often, so that doing always the
 * same does not win. Every order is another one. The columns of a row: `prompt`, `order`,
 * `difficulty`, `resolution`, the right one, which the model never sees.
 *
 * @throws RangeError if an option is out of range
 * @example
 * customerServiceTasks({ seed: 42, count: 100, difficulty: 2 });
 */
export function customerServiceTasks({
  seed,
  count,
  difficulty = 1,
}: CustomerServiceOptions): Dataset {
  checkCount('customerServiceTasks', 'count', count);
  if (count > ORDERS || ![1, 2, 3].includes(difficulty)) {
    throw new RangeError(
      `customerServiceTasks: needs a count of at most ${ORDERS} and a difficulty of 1, 2 or 3, ` +
        `got ${count} and ${difficulty}. Every task has an order of its own.`,
    );
  }
  const random = keyedRandom(seed, 'customer-service', difficulty);
  const actions = ['refund', 'refuse', ...(difficulty === 3 ? ['escalate'] : [])];
  const rows = distinctIntegers(count, ORDERS, random).map((number, i) => {
    let order = orderOf(1000 + number, random);
    while (rightResolution(order, difficulty).action !== actions[i % actions.length]) {
      order = orderOf(1000 + number, random);
    }
    const claim = difficulty >= 2 && random.integer(2) === 0 ? ' It arrived broken.' : '';
    const prompt = `I want my money back for order ${order.id}, the ${order.item}.${claim}`;
    return { prompt, order, difficulty, resolution: rightResolution(order, difficulty) };
  });
  return datasetFromRows(rows, { name: 'customer-service' });
}

function orderOf(number: number, random: Random): ShopOrder {
  return {
    id: `A${number}`,
    item: ITEMS[random.integer(ITEMS.length)],
    price: 5 * (1 + random.integer(200)),
    daysSinceDelivery: random.integer(120),
    isFinalSale: random.integer(3) === 0,
    isDamaged: random.integer(3) === 0,
    isOpened: random.integer(2) === 0,
  };
}
