import type { ChatFormat, SampledTokens, ToolDefinition } from '@grpo/policy';
import type { Episode, Message } from '@grpo/rewards';

/** A conversation with its tokens, as they were sampled. */
export interface Recording {
  /** Whose it is: the name in the address of the client, or empty. */
  readonly scope: string;
  readonly messages: readonly Message[];
  /** Messages before the model's first answer. */
  readonly promptLength: number;
  readonly tools: readonly ToolDefinition[];
  /** [T] all that the model saw and produced. */
  readonly ids: readonly number[];
  /** [T] true where the model produced the token. */
  readonly mask: readonly boolean[];
  /** [T] the sampler's log-prob in nats where the model produced the token, else 0. */
  readonly logProbs: readonly number[];
  /** How often the model has answered. */
  readonly turns: number;
  /** Why its last answer ended. */
  readonly stopReason: SampledTokens['stopReason'];
}

/** A message as the client has it: what it was sent, or what it made of it. */
export interface ClientMessage {
  readonly role: Message['role'];
  readonly content: string;
  /** Calls of tools, each as one text. */
  readonly calls: readonly string[];
}

/** A conversation that may go on. */
export interface Growing {
  recording: Recording;
  /** The conversation as the client knows it, the model's answers among it. */
  seen: readonly ClientMessage[];
}

/** What the model is asked with. */
export interface Opening {
  readonly ids: readonly number[];
  readonly mask: readonly boolean[];
  readonly logProbs: readonly number[];
  readonly messages: readonly Message[];
  readonly promptLength: number;
  readonly turns: number;
  /** The conversation that goes on; a new one begins without it. */
  readonly growing?: Growing;
  /** What of it was there when the model was asked. */
  readonly from?: Recording;
}

/**
 * The tokens that the model is asked with: those of a recorded conversation as they were sampled and what the client
 * added, or, where none goes on, the whole conversation anew.
 *
 * @param messages the conversation of the client
 * @param known conversations of the same client with the same tools
 */
export function openingOf(
  messages: readonly ClientMessage[],
  known: readonly Growing[],
  chat: ChatFormat,
  tools: readonly ToolDefinition[],
): Opening {
  const offered = tools.length > 0 ? { tools } : {};
  const goesOn = known
    .filter(({ recording }) => sameTools(recording.tools, tools))
    .filter(
      ({ seen }) => seen.length < messages.length && seen.every((one, i) => same(one, messages[i])),
    )
    .sort((a, b) => b.seen.length - a.seen.length);
  for (const growing of goesOn) {
    const { recording, seen } = growing;
    const added = messages.slice(seen.length).map(plain);
    const ids = continuation(chat, recording.messages, added, offered);
    if (ids === undefined) continue;
    return {
      ids: [...recording.ids, ...ids],
      mask: [...recording.mask, ...ids.map(() => false)],
      logProbs: [...recording.logProbs, ...ids.map(() => 0)],
      messages: [...recording.messages, ...added],
      promptLength: recording.promptLength,
      turns: recording.turns,
      growing,
      from: recording,
    };
  }
  const whole = messages.map(plain);
  const ids = chat.encodePrompt(whole, offered);
  return {
    ids,
    mask: ids.map(() => false),
    logProbs: ids.map(() => 0),
    messages: whole,
    promptLength: whole.length,
    turns: 0,
  };
}

/** The conversation with what the model answered. */
export function answered(
  opening: Opening,
  { ids, logProbs, stopReason }: SampledTokens,
  text: string,
  { scope, tools }: Pick<Recording, 'scope' | 'tools'>,
): Recording {
  return {
    scope,
    tools,
    messages: [...opening.messages, { role: 'assistant', content: text }],
    promptLength: opening.promptLength,
    ids: [...opening.ids, ...ids],
    mask: [...opening.mask, ...ids.map(() => true)],
    logProbs: [...opening.logProbs, ...logProbs],
    turns: opening.turns + 1,
    stopReason,
  };
}

/**
 * A recorded conversation as rewards see it.
 *
 * @param row the columns of the task, which the client does not know
 * @example await scoreEpisodes([numericAnswer()], recordings.map((one) => recordedEpisode(one, row)));
 */
export function recordedEpisode(
  { messages, promptLength, stopReason }: Recording,
  row: Episode['row'] = {},
): Episode {
  return {
    messages,
    promptLength,
    completion: messages.at(-1)?.content ?? '',
    row,
    environmentReward: 0,
    end: stopReason === 'length' ? 'length' : 'terminated',
  };
}

/** Undefined where the template writes what came before otherwise when messages follow it. */
function continuation(
  chat: ChatFormat,
  before: readonly Message[],
  added: readonly Message[],
  offered: { readonly tools?: readonly ToolDefinition[] },
): readonly number[] | undefined {
  try {
    return chat.encodeContinuation(before, added, offered);
  } catch {
    return undefined;
  }
}

function plain({ role, content, calls }: ClientMessage): Message {
  const written = calls.map((call) => `<tool_call>${call}</tool_call>`);
  return { role, content: [content, ...written].join('') };
}

function same(one: ClientMessage, other: ClientMessage): boolean {
  return (
    one.role === other.role &&
    one.content === other.content &&
    one.calls.length === other.calls.length &&
    one.calls.every((call, i) => call === other.calls[i])
  );
}

function sameTools(one: readonly ToolDefinition[], other: readonly ToolDefinition[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
