import type { Env, EnvFactory, Task } from '@grpo/envs';
import type { ChatFormat, SampledTokens, Sampler } from '@grpo/policy';
import { keyedSeed } from '@grpo/random';
import type { EpisodeEnd, Message } from '@grpo/rewards';
import type { Rollout } from './types.js';

/** How episodes are sampled. */
export interface RolloutOptions {
  readonly env: EnvFactory;
  readonly chat: ChatFormat;
  readonly sampler: Sampler;
  readonly maxCompletionLength: number;
  readonly maxTurns: number;
  readonly temperature: number;
  /** Keys every draw, together with the number of the episode and of the turn. */
  readonly key: readonly (string | number)[];
}

/** An episode that is being played. Tokens are appended once and never encoded again. */
interface Playing {
  readonly task: Task;
  readonly groupId: string;
  readonly env: Env;
  readonly messages: Message[];
  readonly ids: number[];
  readonly mask: boolean[];
  readonly logProbs: number[];
  readonly turnRewards: { readonly at: number; readonly reward: number }[];
  completion: string;
  completionTokens: number;
  reward: number;
  end?: EpisodeEnd;
  failure?: string;
}

/**
 * Plays `repeats` episodes of every task. All episodes take a turn together: the model answers for all in one
 * batch, then the environments step side by side. An environment that throws ends its own episode only.
 *
 * @returns tasks.length · repeats rollouts; those of one task stand together and share a group id
 */
export async function rollOut(
  tasks: readonly Task[],
  repeats: number,
  options: RolloutOptions,
): Promise<Rollout[]> {
  const { chat, sampler, maxTurns, key } = options;
  const playing = tasks.flatMap((task, p) =>
    Array.from({ length: repeats }, () => start(task, `${p}:${task.id}`, options.env)),
  );
  const number = new Map(playing.map((episode, e) => [episode, e]));
  const seed = (episode: Playing, turn: string | number) =>
    keyedSeed(...key, number.get(episode) ?? 0, turn);

  await Promise.all(playing.map((e) => guarded(e, () => reset(e, chat, seed(e, 'reset')))));
  for (let turn = 0; turn < maxTurns; turn++) {
    const active = playing.filter(({ end }) => end === undefined);
    if (active.length === 0) break;
    const answers = await sampler.sample(
      active.map((episode) => ({ ids: episode.ids, seed: seed(episode, turn) })),
      {
        maxTokens: options.maxCompletionLength,
        temperature: options.temperature,
        stopIds: chat.stopIds,
      },
    );
    const last = turn === maxTurns - 1;
    await Promise.all(active.map((e, i) => guarded(e, () => answer(e, answers[i], chat, last))));
  }
  await Promise.all(playing.map((e) => guarded(e, () => e.env.close())));
  return playing.map(toRollout);
}

function start(task: Task, groupId: string, env: EnvFactory): Playing {
  return {
    task,
    groupId,
    env: env(task),
    messages: [],
    ids: [],
    mask: [],
    logProbs: [],
    turnRewards: [],
    completion: '',
    completionTokens: 0,
    reward: 0,
  };
}

async function reset(episode: Playing, chat: ChatFormat, seed: number): Promise<void> {
  const { messages } = await episode.env.reset({ seed });
  episode.messages.push(...messages);
  appendSeen(episode, chat.encodePrompt(messages));
}

/** Appends the model's answer and what the environment says to it. */
async function answer(
  episode: Playing,
  { ids, logProbs, stopReason }: SampledTokens,
  chat: ChatFormat,
  last: boolean,
): Promise<void> {
  episode.ids.push(...ids);
  episode.logProbs.push(...logProbs);
  episode.mask.push(...ids.map(() => true));
  episode.completion = chat.decodeCompletion(ids);
  episode.completionTokens = ids.length;
  const message: Message = { role: 'assistant', content: episode.completion };
  episode.messages.push(message);

  const step = await episode.env.step(message);
  episode.reward += step.reward;
  episode.turnRewards.push({ at: episode.ids.length - 1, reward: step.reward });
  if (stopReason === 'length') episode.end = 'length';
  else if (step.terminated) episode.end = 'terminated';
  else if (step.truncated || last) episode.end = 'truncated';
  else appendSeen(episode, chat.encodeContinuation(episode.messages, step.messages));
  episode.messages.push(...step.messages);
}

function appendSeen(episode: Playing, ids: readonly number[]): void {
  episode.ids.push(...ids);
  episode.mask.push(...ids.map(() => false));
  episode.logProbs.push(...ids.map(() => 0));
}

async function guarded(episode: Playing, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    episode.end = 'error';
    episode.failure ??= `The environment threw for task ${episode.task.id}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function toRollout({
  task,
  groupId,
  ids,
  mask,
  logProbs,
  turnRewards,
  ...episode
}: Playing): Rollout {
  const { messages, completion, completionTokens, reward, end = 'truncated', failure } = episode;
  return {
    task,
    groupId,
    ids,
    mask,
    logProbs,
    turnRewards,
    episode: {
      task: task.id,
      messages,
      completion,
      completionTokens,
      row: task.row,
      environmentReward: reward,
      end,
    },
    ...(failure === undefined ? {} : { failure }),
  };
}
