// The package's own installer: downloads libtensorflow 2.9.1 and an addon that fits it.
import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { delimiter, dirname, join } from 'node:path';
import { ADDON, unlink } from './link.mjs';
import { folderBytes, run } from './process.mjs';

const HOST = 'https://storage.googleapis.com/';
const LIBRARY = 'tensorflow/libtensorflow/libtensorflow-cpu';

/** The library that scripts/install.js of tfjs-node 4.22 asks for, by platform and processor. */
const FILES = {
  'linux-x64': `${LIBRARY}-linux-x86_64-2.9.1.tar.gz`,
  'darwin-x64': `${LIBRARY}-darwin-x86_64-2.9.1.tar.gz`,
  'win32-x64': `${LIBRARY}-windows-x86_64-2.9.1.zip`,
  'linux-arm64': 'tf-builds/libtensorflow_r2_7_linux_arm64.tar.gz',
  'darwin-arm64': 'tf-builds/libtensorflow_r2_7_darwin_arm64_cpu.tar.gz',
};

/**
 * Runs the installer if its host answers, and ends it when the host falls silent.
 *
 * @param hostMs how long to wait for the host's first answer
 * @param silenceMs how long the installer may go without a byte
 */
export async function runInstaller(
  { folder },
  { env = process.env, platform = process.platform, arch = process.arch, ...limits } = {},
) {
  const { hostMs = 10_000, silenceMs = 45_000 } = limits;
  const file = FILES[`${platform}-${arch}`];
  if (file === undefined) throw new Error(`it has no library for ${platform} ${arch}`);
  const host = env.TFJS_NODE_CDN_STORAGE ?? env.CDN_STORAGE ?? HOST;
  const name = host === HOST ? new URL(host).host : 'the host that the environment names';
  await checkAnswers(new URL(file, host), { name, hostMs, proxy: proxyOf(env) });

  unlink({ folder }); // A part of an earlier attempt would count as downloaded.
  const restore = keepManifest(folder);
  const result = await run(process.execPath, ['scripts/install.js'], {
    cwd: folder,
    env: { ...env, PATH: [...programFolders(folder), env.PATH].join(delimiter) },
    silenceMs,
    measure: () => ['deps', 'lib', 'build'].reduce((n, f) => n + folderBytes(join(folder, f)), 0),
  });
  restore();
  if (result.status === 0) return;
  unlink({ folder });
  if (result.isSilent) throw new Error(`no byte came for ${silenceMs / 1000} s`);
  throw new Error(`it ended with exit ${result.status ?? result.signal}`);
}

/** Copies what the installer made into a cache entry: `lib/` and the addon. */
export function copyInstalled({ folder, addonFolder }, entry) {
  cpSync(join(folder, 'deps', 'lib'), join(entry, 'lib'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  cpSync(join(addonFolder, ADDON), join(entry, ADDON));
}

/** Returns when the host offers the file; throws a sentence when it does not, or does not answer. */
export function checkAnswers(url, { name, hostMs, proxy }) {
  return new Promise((resolve, reject) => {
    const request = proxy ? throughProxy(proxy, url) : directly(url);
    const fail = (reason) => {
      clearTimeout(timer);
      request.destroy();
      reject(new Error(reason));
    };
    // One limit on everything: name, connection, encryption and answer can each hang.
    const timer = setTimeout(
      () => fail(`${name} did not answer within ${hostMs / 1000} s`),
      hostMs,
    );
    const answered = ({ statusCode }) => {
      if (statusCode >= 400) return fail(`${name} refuses the file (status ${statusCode})`);
      clearTimeout(timer);
      request.destroy();
      resolve();
    };
    request.on('response', answered).on('connect', answered);
    request.on('error', ({ code }) => fail(`${name} cannot be reached (${code})`));
    request.end();
  });
}

function directly(url) {
  const client = url.protocol === 'http:' ? http : https;
  return client.request(url, { method: 'HEAD' });
}

function throughProxy(proxy, url) {
  const { hostname, port, username, password } = new URL(proxy);
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return http.request({
    ...{ host: hostname, port: port || 80, method: 'CONNECT' },
    path: `${url.hostname}:${url.port || 443}`,
    headers: username
      ? { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }
      : {},
  });
}

/** The variables that the installer itself looks at. */
function proxyOf(env) {
  return env.HTTPS_PROXY || env.https_proxy || env.HTTP_PROXY || env.http_proxy;
}

/**
 * The installer rewrites the package's package.json, which may be one file with the package
 * manager's store: give it a copy of its own, and put the text back afterwards.
 */
function keepManifest(folder) {
  const manifest = join(folder, 'package.json');
  const text = readFileSync(manifest);
  const write = () => {
    writeFileSync(`${manifest}.${process.pid}.tmp`, text);
    renameSync(`${manifest}.${process.pid}.tmp`, manifest);
  };
  write();
  return write;
}

/** Where node-pre-gyp may be: npm would put these folders on the path of an install script. */
function programFolders(folder) {
  const above = dirname(folder);
  const here = join(folder, 'node_modules', '.bin');
  return above === folder ? [here] : [here, ...programFolders(above)];
}
