import { existsSync, linkSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runInstaller } from './installer.mjs';
import { fakeClone } from './testing.js';

/** A real server; `undefined` as its answer means that it accepts and then says nothing. */
async function serve(answer: RequestListener = () => {}) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

const linux = { platform: 'linux', arch: 'x64' };
const from = (url: string, more = {}) => ({
  ...linux,
  env: { PATH: process.env.PATH, TFJS_NODE_CDN_STORAGE: url, ...more },
});
const offers: RequestListener = (_, response) => response.end();

test('a host that accepts the connection and never answers is given up', async () => {
  const { folder } = fakeClone({ installer: 'require("node:fs").writeFileSync("ran", "")' });
  const { url } = await serve();
  const attempt = runInstaller({ folder }, { ...from(url), hostMs: 300 });
  await expect(attempt).rejects.toThrow('did not answer within 0.3 s');
  expect(existsSync(join(folder, 'ran'))).toBe(false);
});

test('a host that is not there, or does not have the file, is told apart from a silent one', async () => {
  const { folder } = fakeClone();
  const { url } = await serve((_, response) => response.writeHead(403).end());
  await expect(runInstaller({ folder }, from(url))).rejects.toThrow(
    'refuses the file (status 403)',
  );
  const gone = from('http://127.0.0.1:1/');
  await expect(runInstaller({ folder }, gone)).rejects.toThrow('cannot be reached (ECONNREFUSED)');
});

test('a proxy that never answers is given up, as the installer would go through it too', async () => {
  const { folder } = fakeClone();
  const { server, url } = await serve();
  server.on('connect', () => {});
  const attempt = runInstaller({ folder }, { ...from(url, { HTTPS_PROXY: url }), hostMs: 300 });
  await expect(attempt).rejects.toThrow('did not answer within 0.3 s');
});

test('a proxy that reaches the host is used', async () => {
  const { folder } = fakeClone({ installer: '' });
  const { server, url } = await serve();
  const asked: (string | undefined)[] = [];
  server.on('connect', (request, socket) => {
    asked.push(request.url, request.headers['proxy-authorization']);
    socket.end('HTTP/1.1 200 Connection Established\r\n\r\n');
  });
  const proxy = url.replace('//', '//me:pass%20word@');
  await runInstaller({ folder }, from('https://example.invalid/', { HTTPS_PROXY: proxy }));
  const login = Buffer.from('me:pass word').toString('base64');
  expect(asked).toEqual(['example.invalid:443', `Basic ${login}`]);
});

test('an installer whose download stops is ended and its half is removed', async () => {
  const { folder } = fakeClone({
    installer: `require('node:fs').mkdirSync('deps/lib', { recursive: true });
                require('node:fs').writeFileSync('deps/lib/half', 'half');
                setInterval(() => {}, 1000);`,
  });
  const { url } = await serve(offers);
  const attempt = runInstaller({ folder }, { ...from(url), silenceMs: 500 });
  await expect(attempt).rejects.toThrow('no byte came for 0.5 s');
  expect(existsSync(join(folder, 'deps'))).toBe(false);
});

test("the installer's change of package.json reaches neither the package nor a store's copy", async () => {
  const { folder } = fakeClone({
    installer: `require('node:fs').writeFileSync('package.json', 'rewritten'); process.exit(1);`,
  });
  const manifest = join(folder, 'package.json');
  const store = join(folder, 'in-the-store');
  linkSync(manifest, store);
  const before = readFileSync(manifest, 'utf8');
  const { url } = await serve(offers);
  await expect(runInstaller({ folder }, from(url))).rejects.toThrow('it ended with exit 1');
  expect(readFileSync(manifest, 'utf8')).toBe(before);
  expect(readFileSync(store, 'utf8')).toBe(before);
});

test('an installer that succeeds keeps what it made', async () => {
  const { folder } = fakeClone({
    installer: `require('node:fs').mkdirSync('deps/lib', { recursive: true });`,
  });
  writeFileSync(join(folder, 'deps'), 'in the way');
  const { url } = await serve(offers);
  await runInstaller({ folder }, from(url));
  expect(existsSync(join(folder, 'deps', 'lib'))).toBe(true);
});

test('a processor without a library is said before anything is asked', async () => {
  const { folder } = fakeClone();
  const attempt = runInstaller({ folder }, { env: {}, platform: 'linux', arch: 'riscv64' });
  await expect(attempt).rejects.toThrow('no library for linux riscv64');
});
