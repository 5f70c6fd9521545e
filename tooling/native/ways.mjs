// The ways to a native backend, in the order in which they are tried. Each puts an addon into the
// package or throws a sentence that says why it cannot; loading it is the ladder's own test.
import { join } from 'node:path';
import { compileAddon, findCompiler, findNodeHeaders } from './build.mjs';
import { findEntry, makeEntry, removeEntry } from './cache.mjs';
import { copyInstalled, runInstaller } from './installer.mjs';
import { ADDON, link } from './link.mjs';
import { fetchTensorFlow, TENSORFLOW_VERSION } from './wheel.mjs';

const MACHINE = `${process.platform}-${process.arch}`;

/** Names of the cache's entries: everything that decides whether a file fits is in its name. */
const names = ({ version, napi }) => ({
  tensorflow: `tensorflow-${TENSORFLOW_VERSION}-${MACHINE}`,
  addon: `tfjs-node-${version}-napi${napi}-tensorflow-${TENSORFLOW_VERSION}-${MACHINE}`,
  installed: `tfjs-node-${version}-napi${napi}-installed-${MACHINE}`,
});

export const fromCache = {
  name: 'what an earlier set-up left in the cache',

  async attempt({ tfjsNode, cache, say }) {
    const { tensorflow, installed } = names(tfjsNode);
    const libraries = await findEntry(cache, tensorflow);
    if (libraries) return linkBuilt({ tfjsNode, cache, say }, libraries);
    const entry = await findEntry(cache, installed);
    if (entry === undefined) throw new Error('nothing is there');
    linkEntry(tfjsNode, entry, entry);
  },

  /** What does not load is hashed again in full; the addon is cheap and made anew in any case. */
  async onFailure({ tfjsNode, cache }) {
    const { tensorflow, addon, installed } = names(tfjsNode);
    removeEntry(cache, addon);
    removeEntry(cache, installed);
    await findEntry(cache, tensorflow, { isThorough: true });
  },
};

export const fromInstaller = {
  name: "the package's own installer",

  attempt: ({ tfjsNode }) => runInstaller(tfjsNode),

  /** Keeps it for the next clone. On Windows the libraries lie beside the addon: left there. */
  async onSuccess({ tfjsNode, cache }) {
    if (process.platform === 'win32') return;
    await makeEntry(cache, names(tfjsNode).installed, (folder) => copyInstalled(tfjsNode, folder));
  },
};

export const fromWheel = {
  name: 'a build against the TensorFlow wheel',

  async attempt({ tfjsNode, cache, say }) {
    if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
      throw new Error('this way is for Linux on x64 and arm64');
    }
    // Before the long download: what the build needs as well.
    findNodeHeaders();
    await findCompiler();
    const { tensorflow } = names(tfjsNode);
    const libraries =
      (await findEntry(cache, tensorflow)) ??
      (await makeEntry(cache, tensorflow, (folder) => fetchTensorFlow(folder, { say })));
    await linkBuilt({ tfjsNode, cache, say }, libraries);
  },
};

/** Links libraries from the wheel with the addon that was, or now is, compiled against them. */
async function linkBuilt({ tfjsNode, cache, say }, tensorflow) {
  const { addon } = names(tfjsNode);
  const entry =
    (await findEntry(cache, addon)) ??
    (await makeEntry(cache, addon, async (folder) => {
      const headers = findNodeHeaders();
      const compiler = await findCompiler();
      say('compiling the addon (about 10 s)');
      await compileAddon({ compiler, headers, tfjsNode, tensorflow, output: join(folder, ADDON) });
    }));
  linkEntry(tfjsNode, tensorflow, entry);
}

function linkEntry(tfjsNode, libraries, addon) {
  link(tfjsNode, { libraries: join(libraries, 'lib'), addon: join(addon, ADDON) });
}
