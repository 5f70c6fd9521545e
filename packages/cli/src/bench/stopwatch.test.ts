import { expect, it } from 'vitest';
import { createStopwatch } from './stopwatch.js';

it('work that overlaps with its like counts once, and is taken once', () => {
  let now = 0;
  const watch = createStopwatch(() => now);
  const ends = [watch.start('sampling')];
  now = 1000;
  ends.push(watch.start('sampling'));
  now = 3000;
  for (const end of ends) end();
  expect(watch.take()).toEqual({ sampling: 3 });
  expect(watch.take()).toEqual({});
});

it('work that fails has taken its time, too', async () => {
  let now = 0;
  const watch = createStopwatch(() => now);
  const work = watch.time('reward', async () => {
    now = 500;
    throw new Error('no reward');
  });
  await expect(work).rejects.toThrow('no reward');
  expect(watch.take()).toEqual({ reward: 0.5 });
});
