/**
 * An environment as Gymnasium has it, numbers in and numbers out, played by words: a frozen lake.
 *
 *   npm run environment -- src/environments/gymnasium.ts
 */
import { discreteActions, fromGymnasium, type GymnasiumEnv, type Task } from '@grpo/envs';
import { keyedRandom } from '@grpo/random';
import { play } from './play.js';

const SIZE = 4;
const HOLES = [5, 7, 11, 12];
const GOAL = SIZE * SIZE - 1;
const ACTIONS = ['left', 'down', 'right', 'up'];

/** Every tenth step slips, as the seed wills. */
class FrozenLake implements GymnasiumEnv<number, number> {
  #at = 0;
  #random = keyedRandom(0);
  #steps = 0;
  reset({ seed }: { readonly seed: number }) {
    this.#random = keyedRandom(seed, 'ice');
    return [this.#at] as const;
  }
  step(action: number) {
    const taken = this.#random.integer(10) === 0 ? this.#random.integer(4) : action;
    const [row, column] = [Math.floor(this.#at / SIZE), this.#at % SIZE];
    const within = (n: number) => Math.max(0, Math.min(SIZE - 1, n));
    const down = within(row + (taken === 1 ? 1 : taken === 3 ? -1 : 0));
    const right = within(column + (taken === 2 ? 1 : taken === 0 ? -1 : 0));
    this.#at = down * SIZE + right;
    const isOver = this.#at === GOAL || HOLES.includes(this.#at);
    const truncated = !isOver && ++this.#steps === 20;
    return [this.#at, this.#at === GOAL ? 1 : 0, isOver, truncated] as const;
  }
}

const env = fromGymnasium(() => new FrozenLake(), {
  describe: (at) => `Row ${Math.floor(at / SIZE) + 1}, column ${(at % SIZE) + 1}.`,
  readAction: discreteActions(ACTIONS),
  onInvalidAction: 'ask',
});
const task: Task = {
  id: 'lake',
  messages: [
    { role: 'user', content: `Walk to row 4, column 4. Say one of ${ACTIONS.join(', ')}.` },
  ],
  row: {},
};

/** Walks down the first column, then to the right, round the holes; its second word is none of the four. */
await play(env(task), task, (conversation, turn) => {
  if (turn === 1) return 'Hm.';
  const places = conversation.map(({ content }) => /Row (\d), column (\d)\.$/.exec(content));
  const [, row, column] = places.filter((place) => place !== null).at(-1) ?? [];
  if (Number(column) === 1) return Number(row) < 3 ? 'down' : 'right';
  return Number(row) === 3 && Number(column) === 2 ? 'down' : 'right';
});
