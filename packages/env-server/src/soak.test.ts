import { guessingGame, guessingTasks } from '@grpo/envs';
import { expect, test } from 'vitest';
import { connect } from './client/connect.js';
import { serveEnv } from './serve-env.js';

const SESSIONS = 1000;
const dataset = guessingTasks({ seed: 1, count: 50 });

test('a thousand sessions at once play their own episodes, and each is counted once', async () => {
  const ends = new Map<string, number>();
  const server = await serveEnv(
    { name: 'game', env: guessingGame({ maxGuesses: 20 }), dataset },
    { onEpisode: ({ id }) => ends.set(id, (ends.get(id) ?? 0) + 1) },
  );
  try {
    const play = async (number: number) => {
      const { ask, close } = await connect(server.url, { connectTimeoutMs: 60_000 });
      const task = dataset.tasks[number % dataset.tasks.length];
      const begun = await ask(
        { type: 'reset', data: { task: task.id, episode_id: `${number}` } },
        'observation',
      );
      // Everybody is in before anybody goes on: all sessions are open at the same time.
      return { number, task, begun, ask, close };
    };
    const opened = await Promise.all(Array.from({ length: SESSIONS }, (_, i) => play(i)));
    expect(server.stats().sessions).toMatchObject({ active: SESSIONS, peak: SESSIONS, refused: 0 });

    await Promise.all(
      opened.map(async ({ number, task, begun, ask, close }) => {
        expect(begun).toMatchObject({ observation: { task: task.id } });
        const wrong = await ask({ type: 'step', data: { message: '0' } }, 'observation');
        expect(wrong).toMatchObject({ reward: 0, done: false });
        if (number % 10 === 0) return close(); // one in ten walks away
        const right = await ask(
          { type: 'step', data: { message: String(task.row.secret) } },
          'observation',
        );
        expect(right).toMatchObject({ reward: 1, done: true });
        await close();
      }),
    );
    while (server.stats().sessions.active > 0) await new Promise((wake) => setTimeout(wake, 5));
    expect(server.stats().episodes).toEqual({
      started: SESSIONS,
      finished: 0.9 * SESSIONS,
      failed: 0,
      abandoned: 0.1 * SESSIONS,
    });
    expect(ends.size).toBe(SESSIONS);
    expect([...ends.values()].every((count) => count === 1)).toBe(true);
  } finally {
    await server.close();
  }
});
