import { expect, test } from 'vitest';
import { functionChatModel, scriptedChatModel } from './function-chat-model.js';

test('a function answers with a text, or with an answer that knows its usage', async () => {
  const echo = functionChatModel(([{ content }]) => content, 'echo');
  expect(await echo([{ role: 'user', content: 'hi' }])).toEqual({ text: 'hi' });
  expect(echo.id).toBe('echo');
  const usage = { inputTokens: 1, outputTokens: 1 };
  expect(await functionChatModel(() => ({ text: 'x', usage }))([])).toEqual({ text: 'x', usage });
});

test('a call that was cancelled before it began does not reach the function', async () => {
  const chatModel = functionChatModel(() => expect.unreachable('it should not be called'));
  await expect(chatModel([], { signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
});

test('a script is said in order, with its errors, and says when it has ended', async () => {
  const chatModel = scriptedChatModel(['a', new Error('down'), 'b']);
  expect((await chatModel([])).text).toBe('a');
  await expect(chatModel([])).rejects.toThrow('down');
  expect((await chatModel([])).text).toBe('b');
  await expect(chatModel([])).rejects.toThrow(
    'scriptedChatModel: needs an answer for call 4, got 3 answers.',
  );
});
