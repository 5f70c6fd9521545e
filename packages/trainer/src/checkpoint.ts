import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { MovingModel } from '@grpo/policy';
import type { TrainParts, TrainState } from './types.js';

/** The parts whose weights a checkpoint holds. */
export type WeightedParts = Pick<TrainParts, 'policy' | 'critic'> & {
  /** A reference that moves; a frozen one is where it was opened from. */
  readonly movingReference?: MovingModel | undefined;
};

/** A whole checkpoint: its folder checks out against its checksums. */
export interface Checkpoint {
  readonly folder: string;
  readonly state: TrainState;
}

const STATE = 'state.json';
const POLICY = 'policy';
const CRITIC = 'critic';
const REFERENCE = 'reference';
const CHECKSUMS = 'checksums.json';
const NAME = /^step-(\d+)$/;
const DIGITS = 6;

/**
 * Writes `FOLDER/step-000120`: the policy and the critic with their optimizers, a reference that moves, the state, and
 * a checksum of every file.
 * It is made under another name, synced and then renamed, so that a checkpoint is there whole or not at all.
 *
 * @param keep newest checkpoints that stay
 * @param best the step of a checkpoint that stays besides
 * @returns the checkpoint's folder
 */
export async function saveCheckpoint(
  folder: string,
  { policy, critic, movingReference }: WeightedParts,
  state: TrainState,
  keep: number,
  best?: number,
): Promise<string> {
  const final = checkpointFolder(folder, state.step);
  const aside = `${final}.writing`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true });
  try {
    await policy.save(join(aside, POLICY), { optimizer: true });
    await critic?.valueFunction.save(join(aside, CRITIC));
    await movingReference?.save(join(aside, REFERENCE));
    await writeFile(join(aside, STATE), `${JSON.stringify(state)}\n`, { flush: true });
    const checksums = JSON.stringify(await checksumsOf(aside), null, 2);
    await writeFile(join(aside, CHECKSUMS), `${checksums}\n`, { flush: true });
    await rm(final, { recursive: true, force: true });
    await rename(aside, final);
    await syncFolder(folder);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
  for (const old of stepsIn(folder).slice(0, -keep)) {
    if (old.step !== best) await rm(old.folder, { recursive: true, force: true });
  }
  return final;
}

/** Where the checkpoint of a step stands, whether it is there or not. */
export function checkpointFolder(folder: string, step: number): string {
  return join(folder, `step-${String(step).padStart(DIGITS, '0')}`);
}

/**
 * The newest checkpoint that is whole. Damaged ones are passed over, leftovers of an interrupted write ignored.
 *
 * @param onDamaged is told of each checkpoint that is passed over, and why
 * @returns undefined where there is none
 */
export async function latestCheckpoint(
  folder: string,
  onDamaged: (message: string) => void,
): Promise<Checkpoint | undefined> {
  for (const { folder: candidate } of stepsIn(folder).reverse()) {
    const damage = await damageOf(candidate);
    if (damage === undefined) {
      const state = JSON.parse(readFileSync(join(candidate, STATE), 'utf8')) as TrainState;
      return { folder: candidate, state };
    }
    onDamaged(`The checkpoint ${candidate} is damaged (${damage}); the one before it is used.`);
  }
  return undefined;
}

/**
 * Puts policy, critic and a moving reference into the state of a checkpoint.
 *
 * @throws where there is a critic or a moving reference and the checkpoint holds none
 */
export async function restoreWeights(
  { policy, critic, movingReference }: WeightedParts,
  { folder }: Pick<Checkpoint, 'folder'>,
): Promise<void> {
  const wanted = [...(critic ? [CRITIC] : []), ...(movingReference ? [REFERENCE] : [])];
  const missing = wanted.find((name) => !existsSync(join(folder, name)));
  if (missing !== undefined) {
    throw new Error(
      `restoreWeights: needs a checkpoint with a ${missing}, got ${folder}, which holds none. Resume without the ${missing}, or choose another folder.`,
    );
  }
  await policy.load(join(folder, POLICY));
  await critic?.valueFunction.load(join(folder, CRITIC));
  await movingReference?.load(join(folder, REFERENCE));
}

function stepsIn(folder: string): { step: number; folder: string }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => {
      const match = NAME.exec(name);
      return match ? [{ step: Number(match[1]), folder: join(folder, name) }] : [];
    })
    .sort((a, b) => a.step - b.step);
}

async function damageOf(folder: string): Promise<string | undefined> {
  let expected: Record<string, string>;
  try {
    expected = JSON.parse(readFileSync(join(folder, CHECKSUMS), 'utf8')) as Record<string, string>;
  } catch {
    return `${CHECKSUMS} cannot be read`;
  }
  const actual = await checksumsOf(folder);
  const wrong = Object.keys(expected).find((name) => actual[name] !== expected[name]);
  return wrong === undefined ? undefined : `${wrong} is not what was written`;
}

/** SHA-256 of every file below a folder but the list itself. */
async function checksumsOf(folder: string): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((e) => e.isFile() && e.name !== CHECKSUMS)) {
    const path = join(entry.parentPath, entry.name);
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    sums[relative(folder, path)] = hash.digest('hex');
  }
  return sums;
}

/** A rename lasts through a power cut only once its folder is synced. Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
