import type { StopReason } from '@grpo/envs';
import type { SampledTokens } from '@grpo/policy';
import type { Message } from '@grpo/rewards';

/** An episode as it is played. Tokens are appended once and never encoded again. */
export interface Transcript {
  readonly messages: Message[];
  /** [T] everything the model saw and produced. */
  readonly ids: number[];
  /** [T] true where the model produced the token. */
  readonly mask: boolean[];
  /** [T] the sampler's log-probs, 0 where the model only saw the token. */
  readonly logProbs: number[];
  readonly turnRewards: { readonly at: number; readonly reward: number }[];
  /** Messages that stood there before the model's first answer. */
  promptLength: number;
  /** The model's last message, as text and in tokens. */
  completion: string;
  completionTokens: number;
  /** Why the environment ended the episode, once it has. */
  stopReason?: StopReason;
}

export function newTranscript(): Transcript {
  return {
    messages: [],
    ids: [],
    mask: [],
    logProbs: [],
    turnRewards: [],
    promptLength: 0,
    completion: '',
    completionTokens: 0,
  };
}

export function copyOf(told: Transcript): Transcript {
  const { messages, ids, mask, logProbs, turnRewards } = told;
  return {
    ...told,
    messages: [...messages],
    ids: [...ids],
    mask: [...mask],
    logProbs: [...logProbs],
    turnRewards: [...turnRewards],
  };
}

/** Appends tokens that the model sees. */
export function appendSeen(told: Transcript, ids: readonly number[]): void {
  for (const id of ids) {
    told.ids.push(id);
    told.mask.push(false);
    told.logProbs.push(0);
  }
}

/** Appends an answer of the model. @returns its message */
export function appendSaid(
  told: Transcript,
  { ids, logProbs }: SampledTokens,
  completion: string,
): Message {
  for (const [t, id] of ids.entries()) {
    told.ids.push(id);
    told.mask.push(true);
    told.logProbs.push(logProbs[t]);
  }
  const message: Message = { role: 'assistant', content: completion };
  told.messages.push(message);
  told.completion = completion;
  told.completionTokens = ids.length;
  return message;
}

/** Appends what the environment paid for the model's last answer, at its last token. */
export function appendReward(told: Transcript, reward: number): void {
  told.turnRewards.push({ at: told.ids.length - 1, reward });
}

/** @throws unless a sampler returned one answer: at least one id, as many finite log-probs, and a stop reason */
export function checkSampled(answers: unknown): SampledTokens {
  const [answer] = Array.isArray(answers) && answers.length === 1 ? answers : [];
  const { ids, logProbs, stopReason } = (answer ?? {}) as Partial<SampledTokens>;
  if (
    Array.isArray(ids) &&
    Array.isArray(logProbs) &&
    ids.length > 0 &&
    ids.every((id) => Number.isInteger(id)) &&
    logProbs.length === ids.length &&
    logProbs.every((logProb) => Number.isFinite(logProb)) &&
    (stopReason === 'stop' || stopReason === 'length')
  ) {
    return { ids, logProbs, stopReason };
  }
  const counts = [ids, logProbs].map((list) => (Array.isArray(list) ? list.length : 'no'));
  throw new Error(
    'sample: needs one answer of token ids, a finite log-prob for each and a stop reason, ' +
      `got ${counts[0]} ids, ${counts[1]} log-probs and the stop reason ${String(stopReason)}`,
  );
}
