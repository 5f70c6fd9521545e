import { expect, test } from 'vitest';
import { assetAt } from './assets.js';

/** What a text asks a browser to load. */
function linksIn(text: string, from: string): string[] {
  const found = [...text.matchAll(/(?:from\s+|import\s+|src=|href=)["']([^"'\s]+\.\w+)["']/g)];
  return found.map(([, path]) => new URL(path, `http://x${from}`).pathname);
}

test('everything that the page loads is served, and comes from here', () => {
  const seen = new Set(['/']);
  for (const path of seen) {
    const asset = assetAt(path);
    expect(asset, path).toBeDefined();
    const isLibrary = path.includes('uplot');
    if (asset && !isLibrary) for (const link of linksIn(asset.body, path)) seen.add(link);
  }
  expect([...seen]).toEqual(
    expect.arrayContaining(['/frame.css', '/page/main.js', '/types.js', '/page/uplot.js']),
  );
});

test('modules are sent as scripts without types, tests and other sources not at all', () => {
  const format = assetAt('/page/format.js');
  expect(format?.type).toBe('text/javascript; charset=utf-8');
  expect(format?.body).toContain('export function shownNumber(value)');
  for (const path of ['/page/format.test.js', '/testing.js', '/server/guard.js', '/page/none.js'])
    expect(assetAt(path)).toBeUndefined();
});
