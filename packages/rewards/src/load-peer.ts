/**
 * Loads a package that only users of one reward install.
 *
 * @param needs who needs it, for the error
 * @throws Error that names the package to install
 */
export async function loadPeer<T>(name: string, needs: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new Error(
      `${needs}: needs the package "${name}", which could not be loaded. Install it: npm install ${name}.`,
      { cause },
    );
  }
}
