import { randomUUID } from 'node:crypto';
import type { EpisodeReport, ResetRequest, ServerStats } from '../types.js';
import { Episode } from './episode.js';
import { type Served, taskOf } from './served.js';
import { Session } from './session.js';

/** Limits of the sessions of a server. */
export interface SessionLimits {
  readonly maxSessions: number;
  readonly idleTimeoutMs: number;
  readonly turnTimeoutMs: number;
  readonly maxSteps: number;
  readonly onEpisode: ((report: EpisodeReport) => void) | undefined;
}

/** There is no room for another session. */
export class CapacityError extends Error {
  constructor(
    readonly activeSessions: number,
    readonly maxSessions: number,
  ) {
    super(`Server at capacity: ${activeSessions}/${maxSessions} sessions active`);
  }
}

/** An environment could not be made. */
export class FactoryError extends Error {
  constructor(
    readonly factoryName: string,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`The environment ${factoryName} could not be made: ${reason}`, { cause });
  }
}

/** The sessions of a server: so many at once, each closed when nobody uses it. */
export class Sessions {
  readonly #open = new Map<string, { readonly session: Session; timer: NodeJS.Timeout }>();
  readonly #counts = { peak: 0, opened: 0, refused: 0, expired: 0 };
  readonly #episodes = { started: 0, finished: 0, failed: 0, abandoned: 0 };
  readonly #closing = new Set<Promise<void>>();

  constructor(
    readonly served: Served,
    readonly limits: SessionLimits,
  ) {}

  /**
   * @param onExpire is told when nobody used the session for too long and it was closed
   * @throws CapacityError where the server is full
   */
  open(onExpire?: () => void): Session {
    const { maxSessions, idleTimeoutMs } = this.limits;
    if (this.#open.size >= maxSessions) {
      this.#counts.refused++;
      throw new CapacityError(this.#open.size, maxSessions);
    }
    const id = randomUUID();
    const session = new Session(id, {
      served: this.served,
      createEpisode: (request) => this.#createEpisode(request),
      onUse: () => this.#open.get(id)?.timer.refresh(),
    });
    const expire = (): void => {
      if (session.isBusy) return void this.#open.get(id)?.timer.refresh();
      this.#counts.expired++;
      onExpire?.();
      void this.close(id);
    };
    this.#open.set(id, { session, timer: setTimeout(expire, idleTimeoutMs).unref() });
    this.#counts.opened++;
    this.#counts.peak = Math.max(this.#counts.peak, this.#open.size);
    return session;
  }

  find(id: string): Session | undefined {
    return this.#open.get(id)?.session;
  }

  /** Closes a session; whether there was one of that id. */
  async close(id: string): Promise<boolean> {
    const entry = this.#open.get(id);
    if (entry === undefined) return false;
    this.#open.delete(id);
    clearTimeout(entry.timer);
    const closed = entry.session.close();
    this.#closing.add(closed);
    await closed;
    this.#closing.delete(closed);
    return true;
  }

  async closeAll(): Promise<void> {
    await Promise.all([...[...this.#open.keys()].map((id) => this.close(id)), ...this.#closing]);
  }

  stats(): ServerStats {
    return {
      sessions: { active: this.#open.size, ...this.#counts },
      episodes: { ...this.#episodes },
    };
  }

  #createEpisode(request: ResetRequest): Episode {
    const { turnTimeoutMs, maxSteps, onEpisode } = this.limits;
    const number = this.#episodes.started;
    const task = taskOf(this.served, request, number);
    const { seed = number, episodeId: id = randomUUID() } = request;
    const onEnd = (report: EpisodeReport): void => {
      this.#episodes[report.ending]++;
      onEpisode?.(report);
    };
    try {
      const options = { id, seed, turnTimeoutMs, maxSteps, onEnd };
      const episode = new Episode(this.served, task, options);
      this.#episodes.started++;
      return episode;
    } catch (error) {
      throw new FactoryError(this.served.name, error);
    }
  }
}
