import { expect, test } from 'vitest';
import { functionChatModel } from './function-chat-model.js';
import { withTimeout } from './with-timeout.js';

test('a model that ignores its signal is left behind, with its signal aborted', async () => {
  let seen: AbortSignal | undefined;
  const deaf = functionChatModel((_, { signal }) => {
    seen = signal;
    return new Promise(() => {});
  });
  await expect(withTimeout(deaf, 5)([])).rejects.toMatchObject({ kind: 'timeout' });
  expect(seen?.aborted).toBe(true);
});

test('the abort of the caller rejects with its reason', async () => {
  const gone = new AbortController();
  const answer = withTimeout(
    functionChatModel(() => new Promise(() => {})),
    60_000,
  )([], { signal: gone.signal });
  gone.abort('enough');
  await expect(answer).rejects.toBe('enough');
});

test('an answer in time passes, and the id is kept', async () => {
  const chatModel = withTimeout(
    functionChatModel(() => 'hi', 'm'),
    60_000,
  );
  expect(await chatModel([])).toEqual({ text: 'hi' });
  expect(chatModel.id).toBe('m');
});

test('a limit that timers cannot keep is refused', () => {
  expect(() =>
    withTimeout(
      functionChatModel(() => ''),
      2 ** 31,
    ),
  ).toThrow(RangeError);
});
