import { keyedRandom, shuffled } from '@grpo/random';
import { asSource } from './dataset-source.js';
import type { Dataset, EnvFactory, TakeOptions, Task, TaskOutcome, TaskSource } from './types.js';
import { checkCount } from './within-time.js';

/** One kind of environment in a group. */
export interface EnvGroupMember {
  /** Unique in its group; the column `environment` of its tasks. */
  readonly name: string;
  readonly env: EnvFactory;
  readonly tasks: Dataset | TaskSource;
  /** Its share: 2 beside a 1 means two of three tasks. An integer. Default 1. */
  readonly ratio?: number;
}

/** Several environments as one: where their tasks come from, and what plays them. */
export interface EnvGroup {
  readonly tasks: TaskSource;
  readonly env: EnvFactory;
}

/**
 * Trains on several environments at once, each with its share of the tasks.
 *
 * The shares are exact: in every stretch of as many tasks as the ratios add up to, in an order drawn
 * from the seed. The tasks of a member keep its own order, carry its name before their ids
 * (`tea/train.jsonl:12`) and in the column `environment`, by which rewards can tell them apart. A
 * member may be a curriculum, or a group.
 *
 * @throws RangeError if there are no members, two share a name, or a ratio is not a count
 * @example
 * const { tasks, env } = envGroup([
 *   { name: 'sums', env: singleTurn(), tasks: sums, ratio: 3 },
 *   { name: 'guessing', env: guessingGame(), tasks: secrets },
 * ]);
 */
export function envGroup(members: readonly EnvGroupMember[]): EnvGroup {
  checkMembers(members);
  const sources = members.map(({ tasks }) => asSource(tasks));
  const turns = members.flatMap(({ ratio = 1 }, m) => new Array<number>(ratio).fill(m));

  /** Whose turn it is at a place, and how often it was before: both are known from the place alone. */
  function turnAt(seed: number, at: number): { m: number; before: number } {
    const [round, place] = [Math.floor(at / turns.length), at % turns.length];
    const order = shuffled(turns, keyedRandom(seed, 'group', round));
    const m = order[place];
    const { ratio = 1 } = members[m];
    const earlier = order.slice(0, place).filter((other) => other === m).length;
    return { m, before: round * ratio + earlier };
  }

  function take({ seed, start, count }: TakeOptions): readonly Task[] {
    const places = Array.from({ length: count }, (_, i) => turnAt(seed, start + i));
    const taken = sources.map((source, m) => {
      const own = places.filter((place) => place.m === m);
      const first = own[0]?.before ?? 0;
      return own.length === 0 ? [] : source.take({ seed, start: first, count: own.length });
    });
    const next = members.map(() => 0);
    return places.map(({ m }) => marked(taken[m][next[m]++], members[m].name));
  }

  function update(outcomes: readonly TaskOutcome[]): Record<string, number> {
    const metrics: Record<string, number> = {};
    for (const [m, { name }] of members.entries()) {
      const own = outcomes
        .filter(({ task }) => isOf(task, name))
        .map(({ task, reward }) => ({ task: unmarked(task, name), reward }));
      if (own.length > 0) {
        const sum = own.reduce((total, { reward }) => total + reward, 0);
        metrics[`environment/${name}/reward`] = sum / own.length;
      }
      for (const [metric, value] of Object.entries(sources[m].update?.(own) ?? {})) {
        metrics[`environment/${name}/${metric}`] = value;
      }
    }
    return metrics;
  }

  const memory: TaskSource['memory'] = {
    save: () =>
      Object.fromEntries(
        members.flatMap(({ name }, m) =>
          Object.entries(sources[m].memory?.save() ?? {}).map(([key, n]) => [`${name}/${key}`, n]),
        ),
      ),
    load(saved) {
      for (const [m, { name }] of members.entries()) {
        const own = Object.entries(saved)
          .filter(([key]) => key.startsWith(`${name}/`))
          .map(([key, n]) => [key.slice(name.length + 1), n]);
        sources[m].memory?.load(Object.fromEntries(own));
      }
    },
  };

  const hasMemory = sources.some((source) => source.memory !== undefined);
  const name = members.map((member) => member.name).join('+');
  return {
    tasks: { name, take, update, ...(hasMemory && { memory }) },
    env: (task) => {
      const member = members.find((one) => isOf(task, one.name));
      if (member !== undefined) return member.env(unmarked(task, member.name));
      throw new Error(
        `envGroup: needs a task of ${name}, got ${task.id} of ${String(task.row.environment)}. ` +
          'Take tasks from the group, or make them its own with asMember.',
      );
    },
  };
}

/**
 * The tasks of a dataset as those of a member of a group, such as those kept for evaluations.
 *
 * @example
 * asMember(heldOutSums, 'sums');
 */
export function asMember(dataset: Dataset, name: string): Dataset {
  return { ...dataset, tasks: dataset.tasks.map((task) => marked(task, name)) };
}

/** Groups may stand in groups: the column is a path. */
function marked({ id, messages, row }: Task, name: string): Task {
  const { environment: inner } = row;
  const environment = typeof inner === 'string' ? `${name}/${inner}` : name;
  return { id: `${name}/${id}`, messages, row: { ...row, environment } };
}

function unmarked({ id, messages, row }: Task, name: string): Task {
  const { environment, ...rest } = row;
  const inner = environment === name ? {} : { environment: pathOf(environment, name) };
  return { id: pathOf(id, name), messages, row: { ...rest, ...inner } };
}

function isOf({ row: { environment } }: Task, name: string): boolean {
  return (
    environment === name || (typeof environment === 'string' && environment.startsWith(`${name}/`))
  );
}

function pathOf(path: unknown, name: string): string {
  return String(path).slice(name.length + 1);
}

function checkMembers(members: readonly EnvGroupMember[]): void {
  if (members.length === 0) {
    throw new RangeError('envGroup: needs at least one member, got none. List the environments.');
  }
  const names = members.map(({ name }) => name);
  const odd = names.find((name, i) => !/^[^/]+$/.test(name) || names.indexOf(name) !== i);
  if (odd !== undefined) {
    throw new RangeError(
      `envGroup: members need different names without "/", got ${names.join(', ')}. Rename "${odd}".`,
    );
  }
  for (const { name, ratio = 1 } of members) checkCount('envGroup', `ratio of ${name}`, ratio);
}
