import { asSource } from './dataset-source.js';
import type { Dataset, Task, TaskSource } from './types.js';
import { checkCount } from './within-time.js';

/** Options of `curriculum`. */
export interface CurriculumOptions {
  /** The level of the first step, from 0. Default 0. */
  readonly start?: number;
  /** Episodes of a level that must be seen before the next decision. Default 128. */
  readonly window?: number;
  /** An episode with at least this reward is a success. Default 1. */
  readonly success?: number;
  /** A level up where at least this share succeeded. Default 0.8. */
  readonly raise?: number;
  /** A level down where at most this share succeeded. Default 0.2. */
  readonly lower?: number;
}

/**
 * Takes tasks of one difficulty at a time, and moves on by how well the model does.
 *
 * Once `window` episodes of a level have been seen, the share of successes decides: the next level,
 * the one before, or the same again; then counting starts anew. Level and counts are the source's
 * memory, so that a resumed run goes on at the same point. Metrics: `curriculum/level`, and
 * `curriculum/success_rate` of the episodes just seen.
 *
 * Around half of all answers right is where groups differ most and teach most, so the bounds should
 * lie on both sides of it: Gao et al. 2025, "Prompt Curriculum Learning",
 * https://arxiv.org/abs/2510.01135.
 *
 * @param levels easiest first, at least one
 * @throws RangeError if there are no levels, or an option is out of range
 * @example
 * curriculum([1, 2, 3].map((digits) => arithmeticTasks({ seed: 42, count: 45, digits: [digits] })));
 */
export function curriculum(
  levels: readonly (Dataset | TaskSource)[],
  { start: first = 0, window = 128, success = 1, raise = 0.8, lower = 0.2 }: CurriculumOptions = {},
): TaskSource {
  checkCount('curriculum', 'window', window);
  if (!(lower >= 0 && lower < raise && raise <= 1) || Number.isNaN(success)) {
    throw new RangeError(
      `curriculum: needs shares 0 <= lower < raise <= 1 and a reward that is a success, ` +
        `got lower ${lower}, raise ${raise}, success ${success}. Leave room between the two.`,
    );
  }
  const sources = levels.map(asSource);
  checkLevel(first);
  let [level, seen, successes] = [first, 0, 0];

  function checkLevel(at: number): void {
    if (Number.isInteger(at) && at >= 0 && at < sources.length) return;
    throw new RangeError(
      `curriculum: needs a level from 0 to ${sources.length - 1}, got ${at}. ` +
        'Give at least one level, and resume with the same levels.',
    );
  }

  return {
    name: `curriculum of ${sources.map(({ name }) => name).join(', ')}`,
    take: (options) => sources[level].take(options),
    update(outcomes) {
      const now = outcomes.filter(({ reward }) => reward >= success).length;
      seen += outcomes.length;
      successes += now;
      const rate = successes / seen;
      const move = seen < window ? 0 : rate >= raise ? 1 : rate <= lower ? -1 : 0;
      if (seen >= window) [seen, successes] = [0, 0];
      level = Math.max(0, Math.min(sources.length - 1, level + move));
      return {
        'curriculum/level': level,
        ...(outcomes.length > 0 && { 'curriculum/success_rate': now / outcomes.length }),
      };
    },
    memory: {
      save: () => ({ level, seen, successes }),
      load(saved) {
        checkLevel(saved.level);
        [level, seen, successes] = [saved.level, saved.seen, saved.successes];
      },
    },
  };
}

/**
 * Parts a dataset into levels by a column of numbers, such as `digits` or `carries`, lowest first.
 *
 * @throws TypeError if a row has no number there
 * @example
 * curriculum(levelsBy(arithmeticTasks({ seed: 42, count: 300, digits: [1, 2, 3] }), 'digits'));
 */
export function levelsBy({ name, tasks }: Dataset, column: string): readonly Dataset[] {
  const levels = new Map<number, Task[]>();
  for (const task of tasks) {
    const value = task.row[column];
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new TypeError(
        `levelsBy: needs a number in the column "${column}" of ${task.id}, got ${String(value)}. ` +
          'Name a column that says how hard a task is.',
      );
    }
    const own = levels.get(value);
    if (own === undefined) levels.set(value, [task]);
    else own.push(task);
  }
  return [...levels]
    .sort(([a], [b]) => a - b)
    .map(([value, own]) => ({ name: `${name} with ${column} ${value}`, tasks: own }));
}
