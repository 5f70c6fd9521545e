import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChatModelOptions, Message } from '../types.js';
import { functionChatModel } from './function-chat-model.js';
import { withCache } from './with-cache.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grpo-cache-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const hello: readonly Message[] = [{ role: 'user', content: 'hello' }];

function counting(id = 'm') {
  let calls = 0;
  return functionChatModel(
    () => ({ text: `answer ${++calls}`, usage: { inputTokens: 1, outputTokens: 2 } }),
    id,
  );
}

describe('key', () => {
  test('the same question is asked once, also by another process', async () => {
    const first = withCache(counting(), folder);
    const answer = await first(hello, { temperature: 0 });
    expect(await first(hello, { temperature: 0 })).toEqual(answer);
    const later = withCache(counting(), folder);
    expect(await later(hello, { temperature: 0 })).toEqual(answer);
    expect(later.stats()).toEqual({ hits: 1, misses: 0, damaged: 0, writeFailures: 0 });
  });

  test('whatever determines the answer tells questions apart', async () => {
    const chatModel = withCache(counting(), folder);
    const questions: [readonly Message[], ChatModelOptions][] = [
      [hello, {}],
      [[{ role: 'system', content: 'hello' }], {}],
      [[...hello, ...hello], {}],
      [hello, { maxTokens: 1 }],
      [hello, { temperature: 1 }],
      [hello, { seed: 1 }],
      [hello, { schema: {} }],
    ];
    for (const [messages, options] of questions) await chatModel(messages, options);
    await withCache(counting('another'), folder)(hello);
    expect(chatModel.stats()).toMatchObject({ hits: 0, misses: questions.length });
    expect(await readdir(folder)).toHaveLength(questions.length + 1);
  });

  test('a model without an id is refused rather than mixed up with others', () => {
    const nameless = functionChatModel(() => '');
    expect(() => withCache(nameless, folder)).toThrow('Give the option id.');
    expect(withCache(nameless, folder, { id: 'x' }).id).toBe('x');
  });
});

describe('faults', () => {
  test.each([
    ['cut off', (path: string) => truncate(path, 30)],
    ['empty', (path: string) => truncate(path, 0)],
    ['of another type', (path: string) => writeFile(path, 'null')],
    [
      'changed by hand',
      async (path: string) =>
        writeFile(path, (await readFile(path, 'utf8')).replace('answer 1', 'answer 9')),
    ],
  ])('an entry that is %s is a miss, counted, and written anew', async (_, damage) => {
    const chatModel = withCache(counting(), folder);
    await chatModel(hello);
    const [name] = await readdir(folder);
    await damage(join(folder, name));
    expect((await chatModel(hello)).text).toBe('answer 2');
    expect((await chatModel(hello)).text).toBe('answer 2');
    expect(chatModel.stats()).toEqual({ hits: 1, misses: 2, damaged: 1, writeFailures: 0 });
  });

  test('a folder that cannot be made stops no call', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const chatModel = withCache(counting(), join(file, 'cache'));
    expect((await chatModel(hello)).text).toBe('answer 1');
    expect(chatModel.stats()).toMatchObject({ writeFailures: 1 });
  });

  test('a failure is not kept, and leaves no file behind', async () => {
    let calls = 0;
    const flaky = functionChatModel(() => {
      if (++calls === 1) throw new Error('down');
      return 'up';
    }, 'm');
    const chatModel = withCache(flaky, folder);
    await expect(chatModel(hello)).rejects.toThrow('down');
    expect(await readdir(folder)).toEqual([]);
    expect((await chatModel(hello)).text).toBe('up');
  });
});

describe('bounds', () => {
  test('no more entries are kept than the limit', async () => {
    const chatModel = withCache(counting(), folder, { maxEntries: 10 });
    for (let seed = 0; seed < 35; seed++) await chatModel(hello, { seed });
    expect((await readdir(folder)).length).toBeLessThanOrEqual(10);
    await chatModel(hello, { seed: 34 });
    expect(chatModel.stats().hits).toBe(1);
  });

  test('an answer beyond the limit of characters is given but not kept', async () => {
    const chatModel = withCache(counting(), folder, { maxCharacters: 3 });
    expect((await chatModel(hello)).text).toBe('answer 1');
    expect(await readdir(folder)).toEqual([]);
  });
});
