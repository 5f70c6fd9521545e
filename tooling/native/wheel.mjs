// TensorFlow's libraries and C headers from its Python wheel: pip knows where this machine gets
// its packages from and checks their hashes; Python itself is used for nothing else.
import { mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from './cache.mjs';
import { folderBytes, run } from './process.mjs';

/** The version that the addon of tfjs-node 4.22 has been compiled and tested against. */
export const TENSORFLOW_VERSION = '2.21.0';

const REQUIREMENT = `tensorflow-cpu==${TENSORFLOW_VERSION}`;
const NEEDED_BYTES = 1.7e9; // the wheel twice while pip moves it, and the unpacked libraries
const PATIENCE_MS = 45_000; // for silent indexes, all of them together

/** Pythons whose wheels hold the same libraries, for a machine whose own Python has no wheel. */
const OTHER_PYTHONS = ['3.12', '3.11'];

const UNPACK = `
import os, shutil, sys, zipfile
LIBRARIES = ('tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2')
HEADERS = tuple('tensorflow/include/' + folder for folder in (
    'tensorflow/c/', 'tensorflow/core/platform/', 'tsl/platform/', 'xla/tsl/c/'))
wheel, folder = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name in LIBRARIES:
            target = 'lib/' + os.path.basename(name)
        elif name.startswith(HEADERS) and name.endswith('.h'):
            target = name[len('tensorflow/'):]
        else:
            continue
        target = os.path.join(folder, target)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with archive.open(name) as source, open(target, 'wb') as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
`;

/**
 * Downloads the wheel and unpacks `lib/` and `include/` into a folder.
 *
 * @returns facts for the cache's record: the wheel's name and sha256
 */
export async function fetchTensorFlow(folder, { say, patienceMs = PATIENCE_MS }) {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < NEEDED_BYTES) {
    throw new Error('the disk of the cache has less than 1.7 GB left');
  }
  const python = await findPython();
  const download = join(folder, 'download');
  const wheel = await downloadWheel(python, download, { say, patienceMs });
  say('unpacking its libraries');
  const facts = { wheel: wheel.name, wheelSha256: await sha256(wheel.path) };
  const { status } = await run(python, ['-I', '-c', UNPACK, wheel.path, folder], {
    measure: () => folderBytes(join(folder, 'lib')),
  });
  if (status !== 0 || readdirSync(folder).length < 3) {
    throw new Error(`${wheel.name} could not be unpacked, or is not laid out as expected`);
  }
  rmSync(download, { recursive: true });
  return facts;
}

/** The first Python that has pip. */
async function findPython() {
  for (const name of ['python3', 'python']) {
    const { status } = await run(name, ['-m', 'pip', '--version'], { silenceMs: 15_000 });
    if (status === 0) return name;
  }
  throw new Error('there is no python3 with pip, which the download needs');
}

/** Asks one index after the other. A download that makes progress may take as long as it takes. */
async function downloadWheel(python, folder, { say, patienceMs }) {
  let patience = patienceMs;
  const reasons = [];
  for (const index of await findIndexes(python)) {
    for (const version of [undefined, ...OTHER_PYTHONS]) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(join(folder, 'unfinished'), { recursive: true });
      say(`downloading tensorflow-cpu ${TENSORFLOW_VERSION} (about 270 MB) from ${index.name}`);
      const result = await run(python, downloadArgs(folder, version, index), {
        // Seen from here, unlike pip's own temporary folder, and removed with the rest.
        env: { TMPDIR: join(folder, 'unfinished'), ...index.env },
        silenceMs: patience,
        measure: () => folderBytes(folder),
      });
      const name = readdirSync(folder).find((file) => file.endsWith('.whl'));
      if (result.status === 0 && name !== undefined) return { name, path: join(folder, name) };
      patience = Math.max(patience - result.silentMs, patienceMs / 5);
      const { reason, isForThisPython } = explain(result);
      if (version === undefined || !isForThisPython) reasons.push(`${index.name}: ${reason}`);
      if (!isForThisPython) break;
    }
  }
  throw new Error(reasons.join('; '));
}

function downloadArgs(folder, version, index) {
  return [
    ...['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--no-cache-dir'],
    ...['--disable-pip-version-check', '--no-input', '--timeout', '15', '--retries', '0', '-vv'],
    ...(version ? ['--python-version', version] : []),
    ...['--dest', folder, ...index.args, REQUIREMENT],
  ];
}

/**
 * The indexes to ask: first those that pip is configured to ask beside its default, because a
 * machine that has some often cannot reach the default. Their addresses are told to nobody but pip.
 */
async function findIndexes(python) {
  const { stdout } = await run(python, ['-m', 'pip', 'config', 'list']);
  const lists = stdout.matchAll(/^(?:global|download|:env:)\.extra-index-url=(['"])(.*)\1/gm);
  // pip quotes the value as Python would: a line break in it is a backslash and an n.
  const urls = new Set([...lists].flatMap(([, , list]) => list.split(/\s|\\n/)).filter(Boolean));
  const extra = [...urls].map((url, i) => ({
    name: urls.size > 1 ? `pip's extra index ${i + 1} of ${urls.size}` : "pip's extra index",
    args: ['--index-url', url],
    env: { PIP_EXTRA_INDEX_URL: url }, // this one alone: another may be the one that hangs
  }));
  return [...extra, { name: "pip's default index", args: [], env: {} }];
}

/** Says in plain words why pip failed, without its own, which name hosts. */
function explain({ isSilent, silentMs, output, status, signal }) {
  if (isSilent) return { reason: `no byte came for ${Math.round(silentMs / 1000)} s` };
  if (/No space left/.test(output)) return { reason: 'the disk is full' };
  if (/do not match the hashes/i.test(output)) return { reason: 'the wheel has a wrong hash' };
  // Only pip's most talkative mode (-vv) tells an index that is away from one without the wheel.
  const missed = /Could not fetch URL \S+: (\d{3})?/.exec(output);
  if (missed?.[1] === '404') return { reason: 'it does not have tensorflow-cpu' };
  if (missed?.[1]) return { reason: `it refuses (status ${missed[1]})` };
  if (missed) return { reason: 'it cannot be reached' };
  if (/Read ?timed out|Connection(Reset| broken|Error)|IncompleteRead/i.test(output)) {
    return { reason: 'the download broke off' };
  }
  if (/No matching distribution/.test(output)) {
    return { reason: 'it has no wheel for this machine', isForThisPython: true };
  }
  return { reason: `pip failed (exit ${status ?? signal})` };
}
