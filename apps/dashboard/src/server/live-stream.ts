import type { ServerResponse } from 'node:http';
import type { RunSummary } from '../types.js';
import type { RunStore } from './run-store.js';

/** How often files are looked at while someone watches, in ms. */
const LOOK_MS = 500;
/** A comment so often keeps proxies from closing a stream on which nothing happens, in ms. */
const HEARTBEAT_MS = 15_000;

/** Tells pages, by Server-Sent Events, which runs have changed; looks at nothing while nobody watches. */
export class LiveStream {
  readonly #store: RunStore;
  readonly #watchers = new Map<ServerResponse, Map<string, string>>();
  #timer: NodeJS.Timeout | undefined;
  #isReading = false;
  #quietMs = 0;

  constructor(store: RunStore) {
    this.#store = store;
  }

  add(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write('retry: 2000\n\n');
    this.#watchers.set(response, new Map());
    response.on('close', () => {
      this.#watchers.delete(response);
      if (this.#watchers.size === 0) this.#stop();
    });
    this.#look();
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
  }

  close(): void {
    this.#stop();
    for (const response of this.#watchers.keys()) response.end();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** A long first read goes on beside the looks, so that pages see it progress. */
  #look(): void {
    if (!this.#isReading) {
      this.#isReading = true;
      this.#store
        .refresh()
        .catch(() => {}) // a file that vanished while it was read is looked at again
        .finally(() => {
          this.#isReading = false;
          this.#tell();
        });
    }
    this.#tell();
  }

  #tell(): void {
    const summaries = this.#store.summaries();
    let isQuiet = true;
    for (const [response, seen] of this.#watchers) {
      const news = summaries.filter(({ id, version }) => seen.get(id) !== version);
      if (news.length === 0) continue;
      isQuiet = false;
      for (const { id, version } of news) seen.set(id, version);
      send(response, news);
    }
    this.#quietMs = isQuiet ? this.#quietMs + LOOK_MS : 0;
    if (this.#quietMs < HEARTBEAT_MS) return;
    this.#quietMs = 0;
    for (const response of this.#watchers.keys()) response.write(': still here\n\n');
  }
}

function send(response: ServerResponse, summaries: readonly RunSummary[]): void {
  response.write(`data: ${JSON.stringify(summaries)}\n\n`);
}
