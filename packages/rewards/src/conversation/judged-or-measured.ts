import { rubricJudge } from '../judges/rubric-judge.js';
import type { Episode, Judge, Reward, RewardResult } from '../types.js';
import { type ConversationReward, conversationRubrics } from './rubrics.js';

/** Options that all rewards of the conversational set take. */
export interface ConversationOptions {
  /** Judges by the checklist of the reward; without it, the offline measure stands in. */
  readonly judge?: Judge;
}

/** The reward in its judge-backed form, or in its offline form. */
export function judgedOrMeasured(
  name: ConversationReward,
  judge: Judge | undefined,
  measured: (episode: Episode) => RewardResult,
  reference?: string,
): Reward {
  if (judge === undefined) return { name, fn: measured };
  const criteria = conversationRubrics[name];
  return rubricJudge(judge, { name, criteria, ...(reference === undefined ? {} : { reference }) });
}
