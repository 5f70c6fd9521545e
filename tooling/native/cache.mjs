// What was downloaded or compiled is kept once per user, in folders that exist only when complete.
//   <cache>/native/<entry>/record.json     name, size, time and sha256 of each file of the entry
//   <cache>/native/<entry>.<pid>.tmp       an entry that is being made
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

const RECORD = 'record.json';

/** The folder of this user's cache, by the custom of the platform. */
export function cacheRoot(env = process.env, platform = process.platform, home = homedir()) {
  if (env.GRPO_CACHE) return resolve(env.GRPO_CACHE); // links lead to it from elsewhere
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'grpo');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'grpo');
  if (platform === 'win32') {
    return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'grpo', 'Cache');
  }
  return join(home, '.cache', 'grpo');
}

/**
 * Makes an entry: `fill(folder)` writes its files into a temporary folder, which then takes its
 * final name in one step. An entry of that name that was there before is replaced.
 *
 * @param fill may return facts that are kept in the record, e.g. where the files came from
 * @returns the entry's folder
 */
export async function makeEntry(cache, name, fill) {
  const folder = join(cache, name);
  const making = `${folder}.${process.pid}.tmp`;
  const remove = () => rmSync(making, { recursive: true, force: true });
  process.on('exit', remove);
  try {
    remove();
    mkdirSync(making, { recursive: true });
    const facts = await fill(making);
    const files = [];
    for (const path of filesOf(making)) {
      const { size, mtimeMs } = statSync(join(making, path));
      files.push({ path, size, mtimeMs, sha256: await sha256(join(making, path)) });
    }
    writeFileSync(join(making, RECORD), `${JSON.stringify({ ...facts, files }, null, 2)}\n`);
    removeEntry(cache, name);
    renameSync(making, folder);
    return folder;
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/**
 * Finds an entry that is whole. One that is not (a file is missing or has changed) is removed, so
 * that it is made again.
 *
 * @param isThorough hash every file, instead of those alone whose size or time differs
 * @returns the entry's folder, or undefined
 */
export async function findEntry(cache, name, { isThorough = false } = {}) {
  const folder = join(cache, name);
  if (!existsSync(folder)) return undefined;
  if (await isWhole(folder, isThorough)) return folder;
  removeEntry(cache, name);
  return undefined;
}

/** Removes an entry, so that it is made again. */
export function removeEntry(cache, name) {
  rmSync(join(cache, name), { recursive: true, force: true });
}

/** Removes what interrupted set-ups left behind. Only for the holder of the lock. */
export function removeLeftovers(cache) {
  for (const name of readdirSync(cache)) {
    if (name.endsWith('.tmp')) rmSync(join(cache, name), { recursive: true, force: true });
  }
}

export async function sha256(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

async function isWhole(folder, isThorough) {
  try {
    const { files } = JSON.parse(readFileSync(join(folder, RECORD), 'utf8'));
    for (const file of files) {
      const path = join(folder, file.path);
      const { size, mtimeMs } = statSync(path);
      if (size !== file.size) return false;
      // A copied or restored cache has new times and is still good.
      const needsHash = isThorough || mtimeMs !== file.mtimeMs;
      if (needsHash && (await sha256(path)) !== file.sha256) return false;
    }
    return files.length > 0;
  } catch {
    return false; // No record, or a file that it names is missing.
  }
}

function filesOf(folder, below = folder) {
  return readdirSync(below, { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    if (entry.isDirectory()) return filesOf(folder, path);
    // Links stay out of the record: the file that they lead to is in it.
    return entry.isFile() ? [relative(folder, path).split(sep).join('/')] : [];
  });
}
