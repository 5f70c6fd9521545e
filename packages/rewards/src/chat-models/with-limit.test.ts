import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { functionChatModel } from './function-chat-model.js';
import { withLimit } from './with-limit.js';

test('calls beyond the limit wait, in their order', async () => {
  const order: string[] = [];
  let running = 0;
  let most = 0;
  const chatModel = withLimit(
    functionChatModel(async ([{ content }]) => {
      most = Math.max(most, ++running);
      order.push(content);
      await sleep(2);
      running--;
      return content;
    }),
    2,
  );
  const asks = ['a', 'b', 'c', 'd', 'e'];
  const said = await Promise.all(asks.map((content) => chatModel([{ role: 'user', content }])));
  expect(said.map(({ text }) => text)).toEqual(asks);
  expect(order).toEqual(asks);
  expect(most).toBe(2);
});

test('a call that fails gives its place to the next', async () => {
  let calls = 0;
  const chatModel = withLimit(
    functionChatModel(() => (++calls === 1 ? Promise.reject(new Error('down')) : 'up')),
    1,
  );
  const answers = await Promise.allSettled([chatModel([]), chatModel([])]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});

test('a call that is cancelled while it waits leaves at once and takes no place', async () => {
  const gone = new AbortController();
  let free = (_: string): void => {};
  const first = new Promise<string>((resolve) => {
    free = resolve;
  });
  const asked: number[] = [];
  const chatModel = withLimit(
    functionChatModel((_, { seed = 0 }) => {
      asked.push(seed);
      return seed === 1 ? first : 'x';
    }),
    1,
  );
  const one = chatModel([], { seed: 1 });
  const two = chatModel([], { seed: 2, signal: gone.signal });
  const three = chatModel([], { seed: 3 });
  gone.abort('enough');
  await expect(two).rejects.toBe('enough');
  free('done');
  await Promise.all([one, three]);
  expect(asked).toEqual([1, 3]);
});

test('a limit below 1 is refused', () => {
  expect(() =>
    withLimit(
      functionChatModel(() => ''),
      0,
    ),
  ).toThrow(RangeError);
});
