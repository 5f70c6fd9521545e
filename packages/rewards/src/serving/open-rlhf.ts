import type { Episode, RewardValue } from '../types.js';

/** A request of OpenRLHF's remote reward: one entry per sample in each list. */
export interface OpenRlhfRequest {
  /** Prompt and completion, as decoded, special tokens too. */
  readonly query: readonly string[];
  readonly prompts: readonly string[];
  readonly labels: readonly unknown[];
}

/** The answer that OpenRLHF reads. */
export interface OpenRlhfResponse {
  readonly rewards: readonly number[];
  /** From 0 to 1, by which dynamic sampling filters prompts. */
  readonly scores: readonly number[];
  readonly extra_logs: Readonly<Record<string, readonly number[]>>;
}

/** Ends of sequence that tokenizers of the common families decode to. */
export const END_OF_SEQUENCE = ['<|im_end|>', '<|endoftext|>', '<|eot_id|>', '</s>', '<eos>'];

/**
 * Reads the JSON of a request. Clients of the older form send `query` alone.
 *
 * @throws an error that says what the request needs
 */
export function readRequest(json: unknown): OpenRlhfRequest {
  const { query, prompts, labels } = (
    typeof json === 'object' && json !== null ? json : {}
  ) as Partial<Record<keyof OpenRlhfRequest, unknown>>;
  if (!isTexts(query)) throw new Error('"query" must be a list of texts');
  const asked = prompts ?? query.map(() => '');
  const given: unknown = labels ?? query.map(() => null);
  if (!isTexts(asked) || asked.length !== query.length) {
    throw new Error(`"prompts" must be a list of ${query.length} texts, as long as "query"`);
  }
  if (!Array.isArray(given) || given.length !== query.length) {
    throw new Error(`"labels" must be a list of ${query.length} entries, as long as "query"`);
  }
  return { query, prompts: asked, labels: given };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

/**
 * Makes an episode of one sample: the completion is what follows the prompt in the query, without the ends
 * of sequence behind it; where the query does not begin with the prompt it is the whole query.
 *
 * @param labelColumn the column of the row that the label becomes
 */
export function episodeOf(
  { query, prompts, labels }: OpenRlhfRequest,
  i: number,
  {
    labelColumn,
    endOfSequence,
  }: { readonly labelColumn: string; readonly endOfSequence: readonly string[] },
): Episode {
  const prompt = prompts[i];
  const rest = query[i].startsWith(prompt) ? query[i].slice(prompt.length) : query[i];
  const completion = withoutEnds(rest, endOfSequence);
  return {
    messages: [
      { role: 'user', content: prompt },
      { role: 'assistant', content: completion },
    ],
    completion,
    row: { prompt, ...(labels[i] === null ? {} : { [labelColumn]: labels[i] }) },
    environmentReward: 0,
    end: completion === rest ? 'length' : 'terminated',
  };
}

function withoutEnds(text: string, ends: readonly string[]): string {
  const trimmed = text.trimEnd();
  const end = ends.find((one) => one !== '' && trimmed.endsWith(one));
  return end === undefined ? text : withoutEnds(trimmed.slice(0, -end.length), ends);
}

/**
 * The answer for values and parts. A part is logged where every sample has a number for it, since the
 * format knows no "not applicable".
 */
export function responseOf(
  values: readonly number[],
  parts: readonly Readonly<Record<string, RewardValue>>[],
): OpenRlhfResponse {
  const names = Object.keys(parts[0] ?? {});
  const columns = names.map((name) => [name, parts.map((one) => one[name])] as const);
  const logged = columns.filter(([, column]) => column.every((value) => typeof value === 'number'));
  return {
    rewards: values,
    scores: values.map((value) => Math.min(1, Math.max(0, value))),
    extra_logs: Object.fromEntries(logged) as Record<string, number[]>,
  };
}
