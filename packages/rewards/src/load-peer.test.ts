import { expect, test } from 'vitest';
import { loadPeer } from './load-peer.js';

test('a package that is there is handed on', async () => {
  expect(await loadPeer('some', 'mine', async () => 7)).toBe(7);
});

test('the error for a package that is not there says how to install it', async () => {
  const missing = () => import(/* @vite-ignore */ `no-such-${'package'}`);
  await expect(loadPeer('no-such-package', 'mine', missing)).rejects.toThrow(
    'mine: needs the package "no-such-package", which could not be loaded. Install it: npm install no-such-package.',
  );
});
