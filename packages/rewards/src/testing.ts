import { checkResult } from './check-result.js';
import type { Episode, Reward, RewardBreakdown } from './types.js';

/** One property that every reward has; `run` rejects where it does not hold. */
export interface ConformanceCheck {
  readonly name: string;
  /** Rejects where the property does not hold. */
  readonly run: () => Promise<void>;
}

/** What a reward under test is given. */
export interface RewardConformanceOptions {
  /** The row of each episode. Default `{ answer: '85' }`. */
  readonly row?: Episode['row'];
  /** Completions beside the usual strange ones, such as one that the reward likes. */
  readonly completions?: readonly string[];
  /** Where all values lie, ends included. Default any finite number. */
  readonly range?: readonly [low: number, high: number];
}

/** What models really produce, and what nobody hopes for. */
const STRANGE: readonly string[] = [
  '',
  ' \n\t ',
  '85',
  '<answer>85</answer>',
  '\\boxed{85}',
  '<think>\n',
  '</think></answer>',
  '<answer>'.repeat(1000),
  '{"a": [1, {"b": null}]}',
  '[[[[',
  '```js\nfor (;;',
  '\u0000\u0007\uFFFD\uD800',
  '👩‍👩‍👧‍👦 ̷̢̛ القاهرة 東京 Ελλάδα',
  '__proto__ constructor toString',
  '(a+)+$ .* \\ {x} %s',
  '-0 NaN Infinity 1e999',
  'word '.repeat(20_000),
  'x'.repeat(200_000),
  '((((((((((\\frac{'.repeat(2000),
];

/**
 * The properties of every reward per episode, for a test runner of your choice: it gives a finite number or `null` for any
 * completion, in its range; the same for the same episode; it writes to nothing; and it ends when it is told to.
 * Time is not measured: a test runner's own limit shows a reward that hangs.
 *
 * @param make a fresh reward at each call
 * @example test.each(rewardChecks(() => mine()).map((check) => [check.name, check.run]))('%s', (_, run) => run())
 */
export function rewardChecks(
  make: () => Reward,
  {
    row = { answer: '85' },
    completions = [],
    range = [-Infinity, Infinity],
  }: RewardConformanceOptions = {},
): readonly ConformanceCheck[] {
  const all = [...completions, ...STRANGE];
  const episodeOf = (completion: string): Episode =>
    frozen({
      task: 'conformance',
      messages: [
        { role: 'user', content: 'What is 37+48?' },
        { role: 'assistant', content: completion },
      ],
      promptLength: 1,
      completion,
      completionTokens: completion.length,
      row: structuredClone(row),
      environmentReward: 0,
      end: 'terminated',
    });
  return [
    {
      name: 'gives a finite number in its range, or null, for any completion',
      run: async () => {
        const reward = make();
        for (const completion of all) {
          const { value } = await called(reward, episodeOf(completion));
          const isInside = value === null || (value >= range[0] && value <= range[1]);
          check(isInside, `${value} for ${shown(completion)}, outside ${range.join(' to ')}`);
        }
      },
    },
    {
      name: 'gives the same for the same episode',
      run: async () => {
        const [reward, again] = [make(), make()];
        for (const completion of all) {
          const first = JSON.stringify(await called(reward, episodeOf(completion)));
          for (const other of [reward, again]) {
            const second = JSON.stringify(await called(other, episodeOf(completion)));
            check(first === second, `${first}, then ${second}, for ${shown(completion)}`);
          }
        }
      },
    },
    {
      name: 'gives episodes scored at once what it gives them one by one',
      run: async () => {
        const [alone, together] = [make(), make()];
        const values = await Promise.all(all.map((text) => called(together, episodeOf(text))));
        for (const [i, completion] of all.entries()) {
          const one = JSON.stringify(await called(alone, episodeOf(completion)));
          check(
            one === JSON.stringify(values[i]),
            `another value at once for ${shown(completion)}`,
          );
        }
      },
    },
    {
      name: 'ends when its call is aborted, before or while it works',
      run: async () => {
        for (const isBefore of [true, false]) {
          const controller = new AbortController();
          if (isBefore) controller.abort(new Error('no longer wanted'));
          const call = (async () =>
            make().fn(episodeOf(completions[0] ?? '85'), { signal: controller.signal }))();
          controller.abort(new Error('no longer wanted'));
          await call.catch(() => undefined); // a value or an error, but an end
        }
      },
    },
    {
      name: 'has a name, and a weight that is a number if any',
      run: async () => {
        const { name, weight = 1 } = make();
        check(typeof name === 'string' && name.trim() !== '', `name ${JSON.stringify(name)}`);
        check(Number.isFinite(weight), `weight ${weight}`);
      },
    },
  ];
}

async function called(reward: Reward, episode: Episode): Promise<RewardBreakdown> {
  const result = checkResult(await reward.fn(episode, {}));
  if (!('got' in result)) return result;
  throw new Error(`${reward.name} returned ${result.got} for ${shown(episode.completion)}`);
}

/** Writing to it throws, in modules and in every strict function. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`got ${what}`);
}

function shown(completion: string): string {
  return `a completion of ${completion.length} characters, ${JSON.stringify(completion.slice(0, 40))}`;
}
