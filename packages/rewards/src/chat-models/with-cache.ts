import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  CacheStats,
  ChatModel,
  ChatModelAnswer,
  ChatModelOptions,
  Message,
} from '../types.js';

/** Options of `withCache`. */
export interface CacheOptions {
  /** Names the model where it has no id of its own: answers of different models are kept apart by it. */
  readonly id?: string;
  /** Answers kept; beyond it the oldest tenth is removed. Default 100 000. */
  readonly maxEntries?: number;
  /** Longest answer kept, in characters. Default 1 000 000. */
  readonly maxCharacters?: number;
}

/** A chat model that keeps its answers. */
export interface CachedChatModel extends ChatModel {
  stats(): CacheStats;
}

/** Part of each key: raised when what an entry means changes. */
const FORMAT = 1;
const ENTRY = /^[0-9a-f]{64}\.json$/;

/**
 * Keeps answers in a folder, so that a question is asked and paid for once, also across runs and by
 * several processes at once. The key is the SHA-256 of all that determines an answer: the model's id, the
 * messages, maxTokens, temperature, seed and schema. At a temperature above 0 the same question gets the
 * same answer again: vary the seed for another.
 *
 * An entry is written aside and renamed, so it is there as a whole or not at all; one that does not fit its
 * checksum is a miss. A folder that cannot be written is counted and stops nothing. Failures are not kept.
 *
 * @throws TypeError if neither the model nor the options have an id; RangeError if maxEntries is no
 *   positive integer
 */
export function withCache(
  chatModel: ChatModel,
  folder: string,
  { id = chatModel.id, maxEntries = 100_000, maxCharacters = 1_000_000 }: CacheOptions = {},
): CachedChatModel {
  if (id === undefined) {
    throw new TypeError(
      'withCache: needs an id that tells this model from others, got none. Give the option id.',
    );
  }
  if (!Number.isInteger(maxEntries) || maxEntries < 1) {
    throw new RangeError(
      `withCache: maxEntries must be a positive integer, got ${maxEntries}. Leave it out for 100 000.`,
    );
  }
  const counts = { hits: 0, misses: 0, damaged: 0, writeFailures: 0 };
  let found: Promise<number> | undefined; // entries of earlier runs, counted with the first write
  let added = 0;

  const keep = async (path: string, text: string): Promise<void> => {
    const aside = `${path}.${process.pid}.${randomUUID()}.tmp`;
    try {
      await mkdir(folder, { recursive: true });
      found ??= entries(folder).then((names) => names.length);
      const before = await found;
      await writeFile(aside, text);
      await rename(aside, path);
      added++;
      if (before + added > maxEntries) {
        found = undefined; // at once, so that only one call removes
        added = 0;
        await removeOldest(folder, maxEntries);
      }
    } catch {
      found = undefined;
      counts.writeFailures++;
      await rm(aside, { force: true }).catch(() => {});
    }
  };
  const cached: ChatModel = async (messages, options = {}) => {
    options.signal?.throwIfAborted();
    const path = join(folder, `${keyOf(id, messages, options)}.json`);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    const kept = text === undefined ? undefined : readEntry(text);
    if (text !== undefined && kept === undefined) counts.damaged++;
    if (kept !== undefined) {
      counts.hits++;
      return kept;
    }
    counts.misses++;
    const answer = await chatModel(messages, options);
    if (answer.text.length <= maxCharacters) await keep(path, writeEntry(answer));
    return answer;
  };
  return Object.assign(cached, { id, stats: () => ({ ...counts }) });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function keyOf(
  id: string,
  messages: readonly Message[],
  { maxTokens, temperature, seed, schema }: ChatModelOptions,
): string {
  const said = messages.map(({ role, content }) => [role, content]);
  const asked = [maxTokens, temperature, seed, schema].map((option) => option ?? null);
  return sha256(JSON.stringify([FORMAT, id, said, asked]));
}

function writeEntry(answer: ChatModelAnswer): string {
  return JSON.stringify({ sum: sha256(JSON.stringify(answer)), answer });
}

function readEntry(text: string): ChatModelAnswer | undefined {
  try {
    const { sum, answer } = JSON.parse(text);
    return sha256(JSON.stringify(answer)) === sum && typeof answer.text === 'string'
      ? answer
      : undefined;
  } catch {
    return undefined;
  }
}

async function entries(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => ENTRY.test(name));
}

async function removeOldest(folder: string, maxEntries: number): Promise<void> {
  const aged = await Promise.all(
    (await entries(folder)).map(async (name) => {
      const path = join(folder, name);
      return {
        path,
        at: await stat(path).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        ),
      };
    }),
  );
  const surplus = aged.length - Math.floor(0.9 * maxEntries);
  const oldest = aged.sort((a, b) => a.at - b.at).slice(0, Math.max(0, surplus));
  await Promise.all(oldest.map(({ path }) => rm(path, { force: true })));
}
