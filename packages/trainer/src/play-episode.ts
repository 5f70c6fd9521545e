import type { Env, Task } from '@grpo/envs';
import type { ChatFormat, ChatOptions, SampledTokens, Sampler } from '@grpo/policy';
import type { EpisodeEnd } from '@grpo/rewards';
import { checkReset, checkStep } from './check-env-result.js';
import { asFault, EpisodeFault, failureOf } from './episode-fault.js';
import {
  appendReward,
  appendSaid,
  appendSeen,
  checkSampled,
  copyOf,
  newTranscript,
  type Transcript,
} from './transcript.js';
import type { Rollout } from './types.js';
import { withinLimit } from './within-limit.js';

/** One attempt at an episode, and how its draws are keyed. */
export interface Attempt {
  readonly env: Env;
  readonly task: Task;
  readonly groupId: string;
  /** The seed of a turn of the model, or of `reset`. */
  readonly seed: (turn: number | 'reset') => number;
}

/** How an episode is played. */
export interface PlayOptions {
  readonly chat: ChatFormat;
  readonly sampler: Sampler;
  readonly maxCompletionLength: number;
  readonly maxTurns: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly isTrainedOn?: boolean;
  /** In tokens. */
  readonly contextLength: number;
  /** Characters of all messages of one `reset` or `step`. */
  readonly maxMessageLength: number;
  /** Of one `reset`, `step` or `close`, in ms. */
  readonly turnTimeoutMs: number;
  /** Of the whole episode, in ms; undefined for no limit. */
  readonly episodeTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Plays one episode and closes its environment. Never rejects: what goes wrong is the rollout's failure.
 *
 * @returns the rollout, and what was thrown where it failed
 */
export async function playEpisode(
  attempt: Attempt,
  options: PlayOptions,
): Promise<{ readonly rollout: Rollout; readonly fault?: EpisodeFault }> {
  const { env, task, groupId } = attempt;
  const { signal, episodeTimeoutMs: timeoutMs, turnTimeoutMs } = options;
  const told = newTranscript();
  let end: EpisodeEnd = 'error';
  let fault: EpisodeFault | undefined;
  try {
    const play = (inner: AbortSignal) => converse(attempt, told, { ...options, signal: inner });
    end = await asFault('thrown', () =>
      withinLimit(play, { what: 'the episode', timeoutMs, signal }),
    );
  } catch (error) {
    fault = error as EpisodeFault; // asFault throws nothing else
  }
  const { ids, mask, logProbs, turnRewards, ...last } = copyOf(told); // an abandoned episode may still append
  try {
    // Without the signal of the run: what was opened is closed when the run is cancelled, too.
    const limit = { what: 'close', timeoutMs: turnTimeoutMs };
    await asFault('thrown', () => withinLimit(() => env.close(), limit));
  } catch (error) {
    fault ??= error as EpisodeFault;
  }
  const rollout: Rollout = {
    task,
    groupId,
    ids,
    mask,
    logProbs,
    turnRewards,
    episode: {
      task: task.id,
      ...last,
      row: task.row,
      environmentReward: turnRewards.reduce((sum, { reward }) => sum + reward, 0),
      end: fault ? 'error' : end,
    },
    ...(fault && { failure: failureOf(fault, task.id) }),
  };
  return fault ? { rollout, fault } : { rollout };
}

/** Turn after turn until the environment, the context or the number of turns ends it. */
async function converse(
  { env, seed }: Attempt,
  told: Transcript,
  options: PlayOptions & { readonly signal: AbortSignal },
): Promise<EpisodeEnd> {
  const { chat, contextLength, maxMessageLength, maxTurns, turnTimeoutMs, signal } = options;
  const limit = (what: string) => ({ what, timeoutMs: turnTimeoutMs, signal });

  const reset: unknown = await asFault('thrown', () =>
    withinLimit((inner) => env.reset({ seed: seed('reset'), signal: inner }), limit('reset')),
  );
  const { messages, tools } = await asFault('invalid', () => checkReset(reset, maxMessageLength));
  const offered: ChatOptions = tools ? { tools } : {};
  told.messages.push(...messages);
  told.promptLength = messages.length;
  appendSeen(told, await asFault('encoding', () => chat.encodePrompt(messages, offered)));
  if (told.ids.length >= contextLength) {
    const needs = `needs a prompt shorter than the context of ${contextLength} tokens`;
    throw new EpisodeFault('encoding', `${needs}, got ${told.ids.length}`);
  }

  for (let turn = 0; turn < maxTurns; turn++) {
    const sampled = await answer(told, seed(turn), options);
    const completion = await asFault('encoding', () => chat.decodeCompletion(sampled.ids));
    const message = appendSaid(told, sampled, completion);

    const stepped: unknown = await asFault('thrown', () =>
      withinLimit((inner) => env.step(message, { signal: inner }), limit('step')),
    );
    const step = await asFault('invalid', () => checkStep(stepped, maxMessageLength));
    const before = [...told.messages];
    told.messages.push(...step.messages);
    appendReward(told, step.reward);
    if (step.stopReason) told.stopReason = step.stopReason;
    if (sampled.stopReason === 'length') return 'length';
    if (step.terminated) return 'terminated';
    if (step.truncated || turn === maxTurns - 1) return 'truncated';

    const next = () => chat.encodeContinuation(before, step.messages, offered);
    const added = await asFault('encoding', next);
    if (told.ids.length + added.length >= contextLength) return 'length'; // no room for an answer
    appendSeen(told, added);
  }
  return 'truncated';
}

/** Samples one answer of the model. */
async function answer(
  { ids }: Transcript,
  seed: number,
  options: PlayOptions,
): Promise<SampledTokens> {
  const { chat, sampler, maxCompletionLength, maxTurns, temperature, signal } = options;
  const { topK = 0, topP = 1, minP = 0, repetitionPenalty = 1, isTrainedOn = false } = options;
  return asFault('sampler', async () => {
    const sampled = await sampler.sample([{ ids: [...ids], seed }], {
      maxTokens: maxCompletionLength,
      temperature,
      stopIds: chat.stopIds,
      // A sampler that does not know an option is not troubled with its default.
      ...(topK > 0 && { topK }),
      ...(topP < 1 && { topP }),
      ...(minP > 0 && { minP }),
      ...(repetitionPenalty !== 1 && { repetitionPenalty }),
      ...(maxTurns > 1 && { isContinued: true }),
      ...(isTrainedOn && { isTrainedOn }),
      ...(signal && { signal }),
    });
    signal?.throwIfAborted();
    return checkSampled(sampled);
  });
}
