import type { ChatModel, ChatModelAnswer, ChatModelOptions, Message } from '../types.js';

/** Answers with a text, or with an answer that knows its usage. */
export type AnswerFunction = (
  messages: readonly Message[],
  options: ChatModelOptions,
) => string | ChatModelAnswer | Promise<string | ChatModelAnswer>;

/**
 * Makes a chat model of a function.
 *
 * @param id names the function for caches; without it, `withCache` needs one
 */
export function functionChatModel(answer: AnswerFunction, id?: string): ChatModel {
  const chatModel: ChatModel = async (messages, options = {}) => {
    options.signal?.throwIfAborted();
    const given = await answer(messages, options);
    return typeof given === 'string' ? { text: given } : given;
  };
  return id === undefined ? chatModel : Object.assign(chatModel, { id });
}

/**
 * Makes a chat model that says the given answers in order and throws the errors among them; for tests and
 * for simulators with a script.
 *
 * @throws on the call after the last answer
 */
export function scriptedChatModel(
  answers: readonly (string | ChatModelAnswer | Error)[],
): ChatModel {
  let next = 0;
  return functionChatModel(() => {
    const answer = answers[next++];
    if (answer instanceof Error) throw answer;
    if (answer !== undefined) return answer;
    throw new Error(
      `scriptedChatModel: needs an answer for call ${next}, got ${answers.length} answers. ` +
        'Add answers to the script, or end the conversation earlier.',
    );
  });
}
