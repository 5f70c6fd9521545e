import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { AnyReward } from '../types.js';
import { checkReward } from './check-reward.js';
import { formatCheck } from './format-check.js';
import { readEpisodes } from './read-episodes.js';

const USAGE = `Usage: grpo-check-reward MODULE EPISODES.jsonl [options]

Runs the rewards that MODULE exports over sample episodes and prints how they are distributed.
MODULE exports a reward, a list of them, or functions that make one without arguments.

Options:
  --json               print the report as JSON
  --ends N             episodes shown at either end (3)
  --concurrency N      calls at once (64)
  --timeout MS         limit of one call, in ms (120000)
  --help               print this

Exits with 0; 1 if any call failed; 2 if it could not run.`;

/** What other commands may do in their own way. */
export interface CommandOptions {
  /** Imports MODULE. Default: as Node does, which cannot read TypeScript before version 22.18. */
  readonly load?: (path: string) => Promise<Readonly<Record<string, unknown>>>;
}

/** Where the command writes. */
export interface CommandOutput {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/**
 * The command `grpo-check-reward`, which other commands can call.
 *
 * @param args what stands behind the name of the command
 * @returns the exit code: 0, 1 if a call of a reward failed, 2 if the command could not run
 */
export async function checkCommand(
  args: readonly string[],
  { out, error }: CommandOutput,
  { load = importModule }: CommandOptions = {},
): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        ends: { type: 'string', default: '3' },
        concurrency: { type: 'string', default: '64' },
        timeout: { type: 'string', default: '120000' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      out(USAGE);
      return 0;
    }
    if (positionals.length !== 2)
      throw new Error(`needs a module and a file of episodes.\n\n${USAGE}`);
    const rewards = await rewardsOf(positionals[0], await load(positionals[0]));
    const report = await checkReward(rewards, await readEpisodes(positionals[1]), {
      ends: Number(values.ends),
      concurrency: Number(values.concurrency),
      timeoutMs: Number(values.timeout),
    });
    out(values.json ? JSON.stringify(report, null, 2) : formatCheck(report));
    return report.rewards.some(({ failureShare }) => failureShare > 0) ? 1 : 0;
  } catch (thrown) {
    error(`grpo-check-reward: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return 2;
  }
}

function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  return import(/* @vite-ignore */ pathToFileURL(resolve(path)).href);
}

/** The rewards that a module exports under any names, lists and functions that make them unfolded. */
async function rewardsOf(
  path: string,
  exported: Readonly<Record<string, unknown>>,
): Promise<AnyReward[]> {
  const found = [...new Set(Object.values(exported))].map((one) =>
    typeof one === 'function' && one.length === 0 ? one() : one,
  );
  const rewards = (await Promise.all(found)).flat().filter(isReward);
  if (rewards.length > 0) return rewards;
  throw new Error(
    `${path} needs to export a reward, { name, fn }, or a list of them, got ` +
      `${Object.keys(exported).join(', ') || 'nothing'}. Export one: export const reward = …`,
  );
}

function isReward(value: unknown): value is AnyReward {
  if (typeof value !== 'object' || value === null || !('name' in value)) return false;
  return ['fn', 'groupFn', 'turnFn'].some(
    (fn) => typeof (value as Readonly<Record<string, unknown>>)[fn] === 'function',
  );
}
