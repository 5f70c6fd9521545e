/**
 * Two environments at once, one of them with a curriculum, and a break in the middle: a player that gets better with
 * practice climbs the levels, and a resumed source goes on where the first one stopped.
 *
 *   npm run environment -- src/environments/curriculum.ts
 */
import {
  arithmeticTasks,
  curriculum,
  envGroup,
  guessingGame,
  guessingTasks,
  singleTurn,
  type Task,
  type TaskSource,
} from '@grpo/envs';
import { keyedRandom } from '@grpo/random';

const SEED = 42;
const STEPS = 24;
const TASKS_PER_STEP = 12;

function makeSource(): TaskSource {
  const levels = [1, 2, 3].map((d) => arithmeticTasks({ seed: SEED, count: 40, digits: [d] }));
  return envGroup([
    { name: 'sums', env: singleTurn(), tasks: curriculum(levels, { window: 32 }), ratio: 2 },
    { name: 'guessing', env: guessingGame(), tasks: guessingTasks({ seed: SEED, count: 40 }) },
  ]).tasks;
}

/** Succeeds the more often, the more sums of the kind it has seen: a policy in one line. */
function outcomeOf(task: Task, practice: Map<unknown, number>, step: number) {
  const seen = practice.get(task.row.digits) ?? 0;
  practice.set(task.row.digits, seen + 1);
  const isRight = keyedRandom(SEED, step, task.id).next() < Math.min(0.95, 0.3 + seen / 80);
  return { task, reward: isRight ? 1 : 0 };
}

function run(source: TaskSource, from: number, to: number, practice = new Map<unknown, number>()) {
  for (let step = from; step < to; step++) {
    const tasks = source.take({ seed: SEED, start: step * TASKS_PER_STEP, count: TASKS_PER_STEP });
    const metrics = source.update?.(tasks.map((task) => outcomeOf(task, practice, step))) ?? {};
    if ((step + 1) % 4 > 0) continue;
    const level = metrics['environment/sums/curriculum/level'];
    const reward = metrics['environment/sums/reward'];
    console.log(
      `step ${step + 1}: level ${level}, ${(100 * reward).toFixed(0)} % of the sums right`,
    );
  }
  return practice;
}

const source = makeSource();
const practice = run(source, 0, STEPS / 2);
const saved = JSON.stringify(source.memory?.save());
console.log(`Saved: ${saved}`);
const resumed = makeSource();
resumed.memory?.load(JSON.parse(saved));
const next = { seed: SEED, start: (STEPS / 2) * TASKS_PER_STEP, count: TASKS_PER_STEP };
const ids = (from: TaskSource) =>
  from
    .take(next)
    .map(({ id }) => id)
    .join();
console.log('The resumed source goes on with the same tasks:', ids(resumed) === ids(source));
run(resumed, STEPS / 2, STEPS, practice);
