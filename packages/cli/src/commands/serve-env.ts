import { appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type EpisodeReport, nemoGymRows, serveEnv } from '@grpo/env-server';
import { writeJsonl } from '@grpo/envs';
import { before, EXIT, type ExitCode } from '../command-error.js';
import { readExperiment } from '../load-experiment.js';
import { onStopSignals } from '../on-stop-signals.js';
import type { Output } from '../output.js';
import { servedOf } from '../served.js';

/** What `grpo serve-env` is asked for. */
export interface ServeEnvRequest {
  readonly file?: string | undefined;
  readonly port: number;
  readonly host: string;
  readonly maxSessions: number;
  /** In seconds. */
  readonly idleTimeout: number;
  /** In seconds. */
  readonly turnTimeout: number;
  /** Where every episode that ended is appended, as a line of JSON. */
  readonly episodes?: string | undefined;
  /** Where the tasks are written as rows of NeMo Gym. */
  readonly rows?: string | undefined;
}

/** Serves the environment and the rewards of an experiment to other trainers, until it is stopped. */
export async function serveEnvCommand(request: ServeEnvRequest, output: Output): Promise<ExitCode> {
  const { port, host, maxSessions, idleTimeout, turnTimeout, episodes, rows } = request;
  const served = await servedOf(await readExperiment(request.file));
  if (rows !== undefined)
    await writeJsonl(resolve(rows), await before(EXIT.usage, () => nemoGymRows(served)));
  const token = output.terminal.env.GRPO_SERVE_TOKEN;
  const append = (file: string) => (report: EpisodeReport) =>
    appendFileSync(file, `${JSON.stringify(report)}\n`);
  const server = await before(EXIT.usage, () =>
    serveEnv(served, {
      port,
      host,
      maxSessions,
      idleTimeoutMs: 1000 * idleTimeout,
      turnTimeoutMs: 1000 * turnTimeout,
      ...(token && { token }),
      ...(episodes !== undefined && { onEpisode: append(resolve(episodes)) }),
    }),
  );
  const { tasks } = served.dataset;
  output.json({ name: served.name, url: server.url, tasks: tasks.length }, false);
  output.line(`Serving ${served.name} (${tasks.length} tasks) at ${server.url}. Ctrl-C stops it.`);
  await new Promise<void>((stop) => {
    const off = onStopSignals(() => {
      off();
      stop();
    });
  });
  await server.close();
  const { sessions, episodes: ended } = server.stats();
  output.json({ sessions, episodes: ended }, false);
  output.line(
    `${sessions.opened} sessions (${sessions.peak} at once, ${sessions.refused} refused, ${sessions.expired} idle). ` +
      `${ended.started} episodes: ${ended.finished} finished, ${ended.failed} failed, ${ended.abandoned} abandoned.`,
  );
  return EXIT.done;
}
