import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEpisodes } from './read-episodes.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grpo-check-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(...lines: readonly string[]) {
  const path = join(folder, 'episodes.jsonl');
  await writeFile(path, lines.join('\n'));
  return readEpisodes(path);
}

test('a line with a prompt, a completion and columns is an episode', async () => {
  const line = { prompt: '2+2', completion: '4', answer: '4', task: 7, completionTokens: 1 };
  expect(await read(JSON.stringify(line), '', '{"completion":""}')).toEqual([
    {
      task: '7',
      messages: [
        { role: 'user', content: '2+2' },
        { role: 'assistant', content: '4' },
      ],
      completion: '4',
      completionTokens: 1,
      row: { prompt: '2+2', answer: '4' },
      environmentReward: 0,
      end: 'terminated',
    },
    {
      messages: [{ role: 'assistant', content: '' }],
      completion: '',
      row: {},
      environmentReward: 0,
      end: 'terminated',
    },
  ]);
});

test('an episode that was written as one comes back as it was', async () => {
  const episode = {
    task: 'a',
    messages: [{ role: 'tool', content: 'x' }],
    completion: 'y',
    row: { answer: 1 },
    environmentReward: 0.5,
    end: 'length',
    stopReason: 'max_turns',
  };
  expect(await read(`\ufeff${JSON.stringify(episode)}`)).toEqual([episode]);
});

test('without a completion the last message is it, where it is the model’s', async () => {
  const messages = [
    { role: 'user', content: '2+2' },
    { role: 'assistant', content: '4' },
  ];
  const [episode] = await read(JSON.stringify({ step: 1, messages, ids: [3, 1] }));
  expect(episode).toMatchObject({ messages, completion: '4', row: { step: 1, ids: [3, 1] } });
  const asked = JSON.stringify({ messages: messages.slice(0, 1) });
  await expect(read(asked)).rejects.toThrow('needs a text "completion"');
});

test.each([
  ['{"completion":', 'JSON'],
  ['[]', 'needs a JSON object'],
  ['{"completion":1}', 'needs a text "completion"'],
  ['{"completion":"x","row":[]}', 'needs a "row" that is an object'],
  ['{"completion":"x","messages":[{"role":"robot","content":""}]}', 'needs "messages"'],
])('%s is reported with its file and line', async (line, what) => {
  const reading = read('{"completion":"good"}', line);
  await expect(reading).rejects.toThrow(/episodes\.jsonl:2: .*Mend or remove the line/);
  await expect(reading).rejects.toThrow(what);
});
