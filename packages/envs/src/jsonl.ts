import { readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Dataset, Task } from './types.js';

const ROLES = ['system', 'user', 'assistant', 'tool'];

/**
 * Reads tasks from a JSONL file: one JSON object per line, with `prompt` (a text) or `messages` (a conversation),
 * usually `answer`, and any other columns, which rewards see as the task's row. Blank lines are passed over.
 *
 * @throws naming the file, and the line where one is at fault: missing file, no rows, no JSON, no prompt
 */
export function readJsonl(path: string): Dataset {
  const name = basename(path);
  const tasks = readText(path)
    .split(/\r?\n/)
    .flatMap((line, i) =>
      line.trim() === '' ? [] : [toTask(line, `${path}:${i + 1}`, `${name}:${i + 1}`)],
    );
  if (tasks.length === 0) {
    throw new Error(
      `readJsonl: needs at least one row, got none in ${path}. Write one JSON object per line.`,
    );
  }
  return { name, tasks };
}

/** Writes one JSON object per line, whole or not at all: beside its place first, then renamed. */
export async function writeJsonl(
  path: string,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const aside = `${path}.writing`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(aside, rows.map((row) => `${JSON.stringify(row)}\n`).join(''), { flush: true });
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new Error(
      `readJsonl: needs a readable file, got ${(error as Error).message}. Check the path.`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(
      `readJsonl: needs UTF-8 text, got other bytes in ${path}. Save the file as UTF-8.`,
    );
  }
}

function toTask(line: string, where: string, id: string): Task {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (error) {
    throw new Error(
      `readJsonl: needs JSON at ${where}, got ${(error as Error).message}. Correct the line.`,
    );
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw new Error(
      `readJsonl: needs a JSON object at ${where}, got ${line.slice(0, 80)}. Correct the line.`,
    );
  }
  const columns = row as Readonly<Record<string, unknown>>;
  return { id, messages: messagesOf(columns, where), row: columns };
}

function messagesOf(row: Readonly<Record<string, unknown>>, where: string): Task['messages'] {
  if (typeof row.prompt === 'string') return [{ role: 'user', content: row.prompt }];
  if (Array.isArray(row.messages) && row.messages.length > 0 && row.messages.every(isMessage)) {
    return row.messages;
  }
  throw new Error(
    `readJsonl: needs "prompt" (a text) or "messages" (a list of {role, content}) at ${where}, got columns ${Object.keys(row).join(', ') || 'none'}. Correct the line.`,
  );
}

function isMessage(value: unknown): value is Task['messages'][number] {
  const { role, content } = (value ?? {}) as { role?: unknown; content?: unknown };
  return ROLES.includes(String(role)) && typeof content === 'string';
}
