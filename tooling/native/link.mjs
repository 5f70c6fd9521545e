// Puts a built addon into the package in node_modules. The large libraries stay in the cache.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

export const ADDON = 'tfjs_binding.node';

/**
 * Finds @tensorflow/tfjs-node as the folder of a package would. By hand, because require.resolve
 * also follows NODE_PATH, and a set-up must never change a package that belongs to another folder.
 *
 * @returns its folder, its version, the Node-API version that its addon has to have, and the
 *   folder in which it looks for the addon; undefined if it is not installed
 */
export function findPackage(from, packageName = '@tensorflow/tfjs-node') {
  const place = join(from, 'node_modules', packageName);
  if (!existsSync(join(place, 'package.json'))) {
    return dirname(from) === from ? undefined : findPackage(dirname(from), packageName);
  }
  const folder = realpathSync(place);
  const { version, binary } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const napi = Math.max(...binary.napi_versions.filter((v) => v <= Number(process.versions.napi)));
  return { folder, version, napi, addonFolder: join(folder, 'lib', `napi-v${napi}`) };
}

/**
 * Links the libraries and copies the addon; both appear under their names only when complete. The
 * libraries come first, so that an addon that is there finds them.
 */
export function link({ folder, addonFolder }, { libraries, addon }) {
  const deps = join(folder, 'deps');
  mkdirSync(deps, { recursive: true });
  mkdirSync(addonFolder, { recursive: true });
  removeLeftovers(deps);
  removeLeftovers(addonFolder);

  const newLink = join(deps, `lib.${process.pid}.tmp`);
  symlinkSync(libraries, newLink, 'junction');
  // A rename does not replace a folder, which the package's installer makes of it.
  rmSync(join(deps, 'lib'), { recursive: true, force: true });
  renameSync(newLink, join(deps, 'lib'));

  const newAddon = join(addonFolder, `${ADDON}.${process.pid}.tmp`);
  copyFileSync(addon, newAddon);
  renameSync(newAddon, join(addonFolder, ADDON));
}

/** Takes away addon and libraries, so that a run does not meet an addon that cannot load. */
export function unlink({ folder }) {
  for (const part of ['lib', 'deps', 'build']) {
    rmSync(join(folder, part), { recursive: true, force: true });
  }
}

function removeLeftovers(folder) {
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.tmp')) rmSync(join(folder, name), { recursive: true, force: true });
  }
}
