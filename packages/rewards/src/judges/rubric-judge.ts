import type { Judge, Reward, RewardValue } from '../types.js';
import { readField, readWord } from './read-fields.js';
import { referenceOf, showEpisode } from './show-episode.js';
import { verdictResult } from './verdict-result.js';

/** One line of a checklist. */
export interface RubricCriterion {
  /** A short name, under which the verdict is logged. */
  readonly name: string;
  /** A statement that is true or not of the answer: "Names the order number." */
  readonly text: string;
  /** What the criterion is worth; below 0 for a fault. Default 1. */
  readonly weight?: number;
}

/** Options of `rubricJudge`. */
export interface RubricJudgeOptions {
  readonly criteria: readonly RubricCriterion[];
  /** Name of the reward. Default rubric. */
  readonly name?: string;
  /** A column of the row with a right answer, which the judge is shown. */
  readonly reference?: string;
}

type CriterionVerdict = 'yes' | 'no' | 'na';

/**
 * A checklist: the judge says of each criterion yes, no, or na where it does not apply. With y = 1 for yes:
 *
 *     r = max(0, Σ w·y / Σ w⁺)    over the criteria that apply; Σ w⁺ over their positive weights
 *
 * Arora et al., "HealthBench", 2025, section 3, https://arxiv.org/abs/2505.08775. Departure: na, which
 * takes a criterion out of both sums. The verdict on each criterion is a part: 1, 0, or null for na.
 *
 * @returns a reward from 0 to 1; null where the judge is unavailable or no positive criterion applies
 * @throws RangeError if names repeat, a weight is not finite, or none is positive
 */
export function rubricJudge(
  judge: Judge,
  { criteria, name = 'rubric', reference }: RubricJudgeOptions,
): Reward {
  checkCriteria(criteria);
  const verdict = {
    type: 'object',
    properties: {
      reasoning: { type: 'string', description: 'One sentence, with what in the answer shows it.' },
      verdict: { type: 'string', enum: ['yes', 'no', 'na'] },
    },
    required: ['reasoning', 'verdict'],
    additionalProperties: false,
  };
  const schema = {
    type: 'object',
    properties: Object.fromEntries(criteria.map((criterion) => [criterion.name, verdict])),
    required: criteria.map((criterion) => criterion.name),
    additionalProperties: false,
  };
  const list = criteria.map((criterion) => `- ${criterion.name}: ${criterion.text}`).join('\n');
  const instructions =
    'You check the last answer of an assistant against a list. Say of each statement whether it is true of ' +
    `the answer: yes, no, or na if it cannot apply here. In doubt say no.\n${list}`;
  const read = (answer: unknown): CriterionVerdict[] =>
    criteria.map((one) => readWord(readField(answer, one.name), 'verdict', ['yes', 'no', 'na']));
  return {
    name,
    fn: async (episode, call) => {
      const material = showEpisode(episode, referenceOf(episode, reference));
      const asked = await judge.ask({ instructions, material, schema, read }, call?.signal);
      return verdictResult(asked, (verdicts) => ({
        value: rubricValue(criteria, verdicts),
        parts: Object.fromEntries(criteria.map((one, i) => [one.name, asNumber(verdicts[i])])),
      }));
    },
  };
}

function rubricValue(
  criteria: readonly RubricCriterion[],
  verdicts: readonly CriterionVerdict[],
): RewardValue {
  let earned = 0;
  let possible = 0;
  for (const [i, { weight = 1 }] of criteria.entries()) {
    if (verdicts[i] === 'na') continue;
    if (verdicts[i] === 'yes') earned += weight;
    possible += Math.max(0, weight);
  }
  return possible === 0 ? null : Math.max(0, earned / possible);
}

function asNumber(verdict: CriterionVerdict): RewardValue {
  return verdict === 'na' ? null : Number(verdict === 'yes');
}

function checkCriteria(criteria: readonly RubricCriterion[]): void {
  const names = criteria.map(({ name }) => name);
  const weights = criteria.map(({ weight = 1 }) => weight);
  if (
    new Set(names).size === names.length &&
    !names.includes('unavailable') &&
    weights.every(Number.isFinite) &&
    weights.some((weight) => weight > 0)
  )
    return;
  throw new RangeError(
    'rubricJudge: needs criteria with different names other than "unavailable", finite weights and one ' +
      `above 0, got ${names.map((name, i) => `${name} (${weights[i]})`).join(', ') || 'none'}. ` +
      'Give what a good answer does a positive weight.',
  );
}
