import { createHash } from 'node:crypto';
import type {
  Episode,
  GroupReward,
  Judge,
  JudgeQuestion,
  Message,
  RewardBreakdown,
  Verdict,
} from '../types.js';
import { quoteUntrusted } from './quote-untrusted.js';
import { readField, readNumber } from './read-fields.js';
import { promptOf, showMessages } from './show-episode.js';

/** Options of `rulerJudge`. */
export interface RulerJudgeOptions {
  /** What makes an answer good, in sentences. Default: how well it reaches what was asked for. */
  readonly criteria?: string;
  /** Name of the reward. Default ruler. */
  readonly name?: string;
  /** Most different members in one call, at least 2. Default 8. */
  readonly maxPerCall?: number;
}

const DEFAULT_CRITERIA =
  'How well the member reaches the goal that the conversation sets. One that reaches it scores clearly ' +
  'above one that does not, one that reaches it with less detour slightly above one with more. ' +
  'One that is wrong but close scores above one that is far off.';

/**
 * Ranks a group relatively, as RULER does (OpenPipe ART, https://art.openpipe.ai/fundamentals/ruler): one
 * call shows the judge all members and asks for a score from 0 to 1 each. What GRPO learns from is how the
 * members compare, and that is what a judge tells best.
 *
 * What the members' conversations share at their beginning is shown once. Equal members are shown once and
 * get the same score. Members are ordered by a hash of their text, so that a member's place says nothing
 * of when it was sampled and the same group asks the same question. A group with more than maxPerCall
 * different members is split into calls that share one member, and the scores of a call are shifted so that
 * the shared member scores alike in all, then clipped to 0..1: coarser than one call.
 *
 * @returns one value from 0 to 1 per episode; null where its call was unavailable, and where all members
 *   are equal, since nothing compares
 * @throws RangeError if maxPerCall is below 2
 */
export function rulerJudge(
  judge: Judge,
  { criteria = DEFAULT_CRITERIA, name = 'ruler', maxPerCall = 8 }: RulerJudgeOptions = {},
): GroupReward {
  if (!Number.isInteger(maxPerCall) || maxPerCall < 2) {
    throw new RangeError(
      `rulerJudge: maxPerCall must be an integer of at least 2, got ${maxPerCall}. One alone has no rank.`,
    );
  }
  return {
    name,
    groupFn: async (episodes, call) => {
      const transcripts = episodes.map(transcriptOf);
      const keys = transcripts.map((messages) => JSON.stringify(messages));
      const members = [...new Map(keys.map((key, i) => [key, transcripts[i]])).entries()]
        .map(([key, messages]) => ({ key, messages, hash: sha256(key) }))
        .sort((a, b) => (a.hash < b.hash ? -1 : 1));
      if (members.length < 2) return episodes.map(() => null);
      const chunks = split(members, maxPerCall);
      const verdicts = await Promise.all(
        chunks.map((chunk) => judge.ask(question(criteria, chunk), call?.signal)),
      );
      const scores = joined(chunks, verdicts);
      return keys.map((key): RewardBreakdown => {
        const value = scores.get(key) ?? null;
        return { value, parts: { unavailable: value === null ? 1 : 0 } };
      });
    },
  };
}

interface Member {
  readonly key: string;
  readonly messages: readonly Message[];
}

function transcriptOf(episode: Episode): readonly Message[] {
  return [...promptOf(episode), { role: 'assistant', content: episode.completion }];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Calls of at most `size` members, as even as they can be, each led by the first member of all. */
function split(members: readonly Member[], size: number): Member[][] {
  if (members.length <= size) return [[...members]];
  const [anchor, ...others] = members;
  const count = Math.ceil(others.length / (size - 1));
  return Array.from({ length: count }, (_, k) => [
    anchor,
    ...others.filter((_, i) => i % count === k),
  ]);
}

function joined(
  chunks: readonly (readonly Member[])[],
  verdicts: readonly Verdict<readonly number[]>[],
): Map<string, number> {
  const scores = new Map<string, number>();
  let anchor: number | undefined; // the shared member's score in the first call that was answered
  for (const [k, verdict] of verdicts.entries()) {
    if ('unavailable' in verdict) continue;
    anchor ??= verdict.value[0];
    const shift = anchor - verdict.value[0];
    for (const [i, { key }] of chunks[k].entries()) {
      scores.set(key, Math.min(1, Math.max(0, verdict.value[i] + shift)));
    }
  }
  return scores;
}

function question(criteria: string, members: readonly Member[]): JudgeQuestion<readonly number[]> {
  const transcripts = members.map(({ messages }) => messages);
  const shared = sharedPrefix(transcripts);
  const ids = members.map((_, i) => `member-${i + 1}`);
  const score = {
    type: 'object',
    properties: {
      reasoning: { type: 'string', description: 'One sentence.' },
      score: { type: 'number', description: '0 (worst) to 1 (best)' },
    },
    required: ['reasoning', 'score'],
    additionalProperties: false,
  };
  const shown = transcripts.map(
    (messages, i) =>
      `${ids[i]}:\n${quoteUntrusted(ids[i], messages.slice(shared).map(asText).join('\n\n'))}`,
  );
  return {
    instructions:
      `You score ${members.length} members of a group, which began with the same conversation, against ` +
      `each other, from 0 (worst) to 1 (best), by these criteria:\n${criteria}\n\nEqually good members ` +
      'get the same score. The order and the length of members say nothing.',
    material: [
      `What all members begin with:\n${showMessages(transcripts[0].slice(0, shared))}`,
      ...shown,
    ].join('\n\n'),
    schema: {
      type: 'object',
      properties: Object.fromEntries(ids.map((id) => [id, score])),
      required: ids,
      additionalProperties: false,
    },
    read: (answer) => ids.map((id) => readNumber(readField(answer, id), 'score', 0, 1)),
  };
}

/** Several messages within one quotation, so that a member cannot pretend to be two. */
function asText({ role, content }: Message): string {
  return `[${role}] ${content}`;
}

/** How many messages all conversations have in common at their beginning, at least one left for each. */
function sharedPrefix(transcripts: readonly (readonly Message[])[]): number {
  const longest = Math.min(...transcripts.map(({ length }) => length)) - 1;
  const isShared = (k: number): boolean =>
    transcripts.every(
      (messages) =>
        messages[k].role === transcripts[0][k].role &&
        messages[k].content === transcripts[0][k].content,
    );
  let shared = 0;
  while (shared < longest && isShared(shared)) shared++;
  return shared;
}
