import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addToPath, fakePython, setEnvironment, temporaryFolder } from './testing.js';
import { fetchTensorFlow } from './wheel.mjs';

const isLinux = process.platform === 'linux';

function setting(extraIndexes = '') {
  const tools = temporaryFolder();
  const log = fakePython(tools, { extraIndexes });
  addToPath(tools);
  const folder = temporaryFolder();
  const said: string[] = [];
  const fetch = (patienceMs = 30_000) =>
    fetchTensorFlow(folder, { patienceMs, say: (text: string) => said.push(text) });
  return { folder, said, fetch, asked: () => readFileSync(log, 'utf8').trim().split('\n') };
}

describe.skipIf(!isLinux)('with a pip that does as it is told', () => {
  test('the extra index that pip is configured with is asked before the default one', async () => {
    const { folder, fetch, asked } = setting('http://good.invalid/simple');
    expect(await fetch()).toMatchObject({ wheel: 'tensorflow_cpu-2.21.0-cp312.whl' });
    expect(asked()).toEqual(['http://good.invalid/simple own']);
    expect(readdirSync(folder).sort()).toEqual(['include', 'lib']); // the wheel is gone
  });

  test('a silent index is given up and the next one asked', async () => {
    const { fetch, asked } = setting('http://silent.invalid/ http://good.invalid/');
    await fetch(1500);
    expect(asked()).toEqual(['http://silent.invalid/ own', 'http://good.invalid/ own']);
  });

  test('an index with wheels for other Pythons alone serves as well', async () => {
    const { fetch, asked } = setting('http://only-3.12.invalid/');
    await fetch();
    expect(asked().map((line) => line.split(' ')[1])).toEqual(['own', '3.12']);
  });

  test('no index is named in what is said, nor in why it failed', async () => {
    const { said, fetch } = setting('http://refused.invalid/ http://empty.invalid/');
    await fetch();
    expect(said.join('\n')).not.toContain('invalid');
    expect(said[0]).toContain("pip's extra index 1 of 2");
  });
});

test.skipIf(!isLinux)('when every index fails, each reason is told in plain words', async () => {
  const tools = temporaryFolder();
  fakePython(tools, {
    extraIndexes: 'http://refused.invalid/ http://empty.invalid/',
    defaultIndex: 'http://empty.invalid/',
  });
  addToPath(tools);
  await expect(fetchTensorFlow(temporaryFolder(), { say: () => {} })).rejects.toThrow(
    "pip's extra index 1 of 2: it cannot be reached; pip's extra index 2 of 2: it does not have tensorflow-cpu; pip's default index: it does not have tensorflow-cpu",
  );
});

test.skipIf(!isLinux)('a machine without Python is told so', async () => {
  setEnvironment({ PATH: temporaryFolder() });
  await expect(fetchTensorFlow(temporaryFolder(), { say: () => {} })).rejects.toThrow(
    'there is no python3 with pip',
  );
});

const MAKE_WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    for name in ('libtensorflow_cc.so.2', 'libtensorflow_framework.so.2', 'python/other.so',
                 'include/tensorflow/c/c_api.h', 'include/absl/other.h'):
        wheel.writestr('tensorflow/' + name, name)
    info = 'tensorflow_cpu-2.21.0.dist-info/'
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: tensorflow-cpu\\nVersion: 2.21.0\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'RECORD', '')
`;
const hasPip = spawnSync('python3', ['-m', 'pip', '--version']).status === 0;

test.skipIf(!isLinux || !hasPip)(
  'the real pip and Python take libraries and C headers, nothing else',
  async () => {
    const shelf = temporaryFolder();
    const wheel = join(shelf, 'tensorflow_cpu-2.21.0-py3-none-any.whl');
    expect(spawnSync('python3', ['-c', MAKE_WHEEL, wheel]).status).toBe(0);
    setEnvironment({ PIP_CONFIG_FILE: '/dev/null', PIP_NO_INDEX: '1', PIP_FIND_LINKS: shelf });

    const folder = join(temporaryFolder(), 'entry');
    mkdirSync(folder);
    const facts = await fetchTensorFlow(folder, { say: () => {} });

    expect(facts.wheelSha256).toMatch(/^[0-9a-f]{64}$/);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /\.(so\.2|so|h)$/.test(file)).sort()).toEqual([
      'include/tensorflow/c/c_api.h',
      'lib/libtensorflow_cc.so.2',
      'lib/libtensorflow_framework.so.2',
    ]);
    expect(existsSync(join(folder, 'download'))).toBe(false);
  },
);
