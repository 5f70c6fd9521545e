import { readFile } from 'node:fs/promises';
import type { Episode, EpisodeEnd, Message } from '../types.js';

const ENDS: readonly EpisodeEnd[] = ['terminated', 'truncated', 'length', 'error'];
const ROLES: readonly string[] = ['system', 'user', 'assistant', 'tool'];

/**
 * Reads episodes from a JSONL file, one object per line with `completion`, or `messages` whose last is the model's, and
 * as far as they are known `task`, `prompt` (a text), `row`, `environmentReward`, `end`, `stopReason` and
 * `completionTokens`. The `episodes.jsonl` of a run is such a file.
 * What else a line has becomes columns of the row, so that a dataset with completions can be read as it is.
 *
 * @throws with the file and the line that cannot be read
 */
export async function readEpisodes(path: string): Promise<Episode[]> {
  const lines = (await readFile(path, 'utf8')).replace(/^\ufeff/, '').split(/\r?\n/);
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      return [toEpisode(JSON.parse(line))];
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw new Error(`readEpisodes: ${path}:${i + 1}: ${what}. Mend or remove the line.`);
    }
  });
}

function toEpisode(json: unknown): Episode {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error('needs a JSON object');
  }
  const {
    messages: told,
    prompt,
    task,
    row,
    environmentReward,
    end,
    stopReason,
    completionTokens,
    ...columns
  } = json as Readonly<Record<string, unknown>>;
  const messages = told === undefined ? undefined : readMessages(told);
  const last = messages?.at(-1);
  const { completion = last?.role === 'assistant' ? last.content : undefined, ...more } = columns;
  if (typeof completion !== 'string') throw new Error('needs a text "completion"');
  if (row !== undefined && (typeof row !== 'object' || row === null || Array.isArray(row))) {
    throw new Error('needs a "row" that is an object');
  }
  return {
    completion,
    messages: messages ?? fromPrompt(prompt, completion),
    row: { ...more, ...(typeof prompt === 'string' ? { prompt } : {}), ...row },
    environmentReward: typeof environmentReward === 'number' ? environmentReward : 0,
    end: ENDS.find((one) => one === end) ?? 'terminated',
    ...(typeof stopReason === 'string' ? { stopReason } : {}),
    ...(task === undefined ? {} : { task: String(task) }),
    ...(typeof completionTokens === 'number' ? { completionTokens } : {}),
  };
}

function fromPrompt(prompt: unknown, completion: string): Message[] {
  const asked: Message[] = typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : [];
  return [...asked, { role: 'assistant', content: completion }];
}

function readMessages(messages: unknown): readonly Message[] {
  const isMessage = (one: unknown): boolean => {
    const { role, content } = (one ?? {}) as Readonly<Record<string, unknown>>;
    return typeof role === 'string' && ROLES.includes(role) && typeof content === 'string';
  };
  if (Array.isArray(messages) && messages.every(isMessage)) return messages;
  throw new Error('needs "messages" that are a list of { role, content }');
}
