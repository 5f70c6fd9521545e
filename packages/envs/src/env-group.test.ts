import { describe, expect, test } from 'vitest';
import { arithmeticTasks } from './arithmetic-tasks.js';
import { curriculum } from './curriculum.js';
import { asMember, envGroup } from './env-group.js';
import { guessingGame, guessingTasks } from './guessing-game.js';
import { singleTurn } from './single-turn.js';
import type { Task, TaskSource } from './types.js';

const sums = arithmeticTasks({ seed: 1, count: 30 });
const secrets = guessingTasks({ seed: 1, count: 30 });
const group = () =>
  envGroup([
    { name: 'sums', env: singleTurn(), tasks: sums, ratio: 2 },
    { name: 'guessing', env: guessingGame(), tasks: secrets },
  ]);
const kinds = (tasks: readonly Task[]) => tasks.map(({ row }) => row.environment);
const take = (source: TaskSource, start: number, count: number, seed = 1) =>
  source.take({ seed, start, count });

describe('the tasks of a group', () => {
  test('the shares are exact in every round', () => {
    for (const start of [0, 3, 300_000]) {
      const round = kinds(take(group().tasks, start, 3));
      expect([...round].sort()).toEqual(['guessing', 'sums', 'sums']);
    }
    const order = kinds(take(group().tasks, 0, 30));
    expect(order).not.toEqual(kinds(take(group().tasks, 0, 30, 2)));
  });

  test('what is taken does not depend on how it is cut into batches', () => {
    const { tasks } = group();
    const whole = take(tasks, 0, 90);
    const parts = Array.from({ length: 18 }, (_, i) => take(tasks, i * 5, 5)).flat();
    expect(parts).toEqual(whole);
  });

  test('every member goes through its own tasks, epoch by epoch', () => {
    const taken = take(group().tasks, 0, 45).filter(({ row }) => row.environment === 'sums');
    expect(new Set(taken.map(({ id }) => id))).toEqual(
      new Set(sums.tasks.map(({ id }) => `sums/${id}`)),
    );
  });
});

describe('the environments of a group', () => {
  test('a task is played by its own environment, which sees it as it was', async () => {
    const seen: Task[] = [];
    const spy = envGroup([
      {
        name: 'sums',
        tasks: sums,
        env: (task) => {
          seen.push(task);
          return singleTurn()(task);
        },
      },
    ]);
    const [task] = take(spy.tasks, 0, 1);
    spy.env(task);
    expect(sums.tasks).toContainEqual(seen[0]);
    const { tasks, env } = group();
    const game = take(tasks, 0, 3).find(({ row }) => row.environment === 'guessing') as Task;
    const playing = env(game);
    await playing.reset({ seed: 1 });
    const step = await playing.step({ role: 'assistant', content: '1000' });
    expect(step.messages).toEqual([{ role: 'user', content: 'lower' }]);
  });

  test('a group may be a member of a group', () => {
    const outer = envGroup([
      { name: 'inner', ...group() },
      { name: 'more', env: singleTurn(), tasks: sums },
    ]);
    const taken = take(outer.tasks, 0, 6);
    expect([...kinds(taken)].sort()).toEqual([
      'inner/guessing',
      'inner/sums',
      'inner/sums',
      'more',
      'more',
      'more',
    ]);
    for (const task of taken) expect(() => outer.env(task)).not.toThrow();
    const metrics = outer.tasks.update?.(taken.map((task) => ({ task, reward: 1 })));
    expect(metrics).toMatchObject({
      'environment/inner/environment/guessing/reward': 1,
      'environment/more/reward': 1,
    });
  });

  test('a task of nobody is refused; asMember makes it one of a member', () => {
    const { env } = group();
    expect(() => env(sums.tasks[0])).toThrow(
      `envGroup: needs a task of sums+guessing, got ${sums.tasks[0].id} of undefined.`,
    );
    expect(() => env(asMember(sums, 'sums').tasks[0])).not.toThrow();
  });
});

describe('what a group remembers', () => {
  const withCurriculum = () =>
    envGroup([
      { name: 'sums', env: singleTurn(), tasks: curriculum([sums, secrets], { window: 2 }) },
      { name: 'guessing', env: guessingGame(), tasks: secrets },
    ]).tasks;

  test('every member hears of its own episodes', () => {
    const source = withCurriculum();
    const taken = take(source, 0, 4);
    const metrics = source.update?.(
      taken.map((task) => ({ task, reward: task.row.environment === 'sums' ? 1 : 0 })),
    );
    expect(metrics).toEqual({
      'environment/sums/reward': 1,
      'environment/sums/curriculum/level': 1,
      'environment/sums/curriculum/success_rate': 1,
      'environment/guessing/reward': 0,
    });
  });

  test('is saved and comes back', () => {
    const source = withCurriculum();
    source.update?.(take(source, 0, 4).map((task) => ({ task, reward: 1 })));
    const saved = JSON.parse(JSON.stringify(source.memory?.save()));
    expect(saved).toEqual({ 'sums/level': 1, 'sums/seen': 0, 'sums/successes': 0 });
    const resumed = withCurriculum();
    resumed.memory?.load(saved);
    expect(take(resumed, 4, 8)).toEqual(take(source, 4, 8));
    expect(group().tasks.memory).toBeUndefined();
  });
});

test.each([
  [[], 'envGroup: needs at least one member, got none.'],
  [['a', 'a'], 'envGroup: members need different names without "/", got a, a. Rename "a".'],
  [['a/b'], 'Rename "a/b".'],
])('the names %j are refused', (names, message) => {
  const members = names.map((name) => ({ name, env: singleTurn(), tasks: sums }));
  expect(() => envGroup(members)).toThrow(message);
});

test('a ratio that is not a count is refused', () => {
  const member = { name: 'a', env: singleTurn(), tasks: sums, ratio: 0.5 };
  expect(() => envGroup([member])).toThrow('envGroup: ratio of a must be an integer');
});
