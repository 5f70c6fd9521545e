import type { GroupReward, Judge, Reward, RewardBreakdown, Verdict } from '../types.js';
import { compareAnswers } from './compare-answers.js';
import { promptOf, referenceOf } from './show-episode.js';
import { verdictResult } from './verdict-result.js';

/** Options of `pairwiseJudge`. */
export interface PairwiseJudgeOptions {
  /** What makes an answer good, in sentences. */
  readonly criteria: string;
  /** The column of the row with the answer to beat. */
  readonly reference: string;
  /** Name of the reward. Default pairwise. */
  readonly name?: string;
}

/**
 * A judge that compares the answer with the row's, in both orders (`compareAnswers`).
 *
 * @returns 1 if the answer is better than the row's, 0.5 for a tie, 0 if it is worse; null where the row
 *   has no answer or the judge is unavailable
 */
export function pairwiseJudge(
  judge: Judge,
  { criteria, reference, name = 'pairwise' }: PairwiseJudgeOptions,
): Reward {
  return {
    name,
    fn: async (episode, call) => {
      const second = referenceOf(episode, reference);
      if (second === undefined) return null;
      const pair = { prompt: promptOf(episode), first: episode.completion, second };
      const verdict = await compareAnswers(judge, criteria, pair, call?.signal);
      return verdictResult(verdict, (value) => ({ value }));
    },
  };
}

/** Options of `tournamentJudge`. */
export interface TournamentJudgeOptions {
  /** What makes an answer good, in sentences. */
  readonly criteria: string;
  /** Name of the reward. Default tournament. */
  readonly name?: string;
}

/**
 * A judge that compares each answer of a group with every other, in both orders. With w = 1 for a win and
 * ½ for a tie:
 *
 *     r_i = Σ_{j≠i} w_ij / (G − 1)
 *
 * over the comparisons that were answered. A group of G different answers takes G·(G − 1) calls; for large
 * groups `rulerJudge` takes one.
 *
 * @returns one value from 0 to 1 per episode; null where none of its comparisons was answered, and for a
 *   group of one
 */
export function tournamentJudge(
  judge: Judge,
  { criteria, name = 'tournament' }: TournamentJudgeOptions,
): GroupReward {
  return {
    name,
    groupFn: async (episodes, call) => {
      const verdicts = new Map<string, Promise<Verdict<number>>>(); // so that duplicates are asked once
      const compare = (i: number, j: number): Promise<Verdict<number>> => {
        const pair = {
          prompt: promptOf(episodes[i]),
          first: episodes[i].completion,
          second: episodes[j].completion,
        };
        const key = JSON.stringify(pair);
        const verdict = verdicts.get(key) ?? compareAnswers(judge, criteria, pair, call?.signal);
        verdicts.set(key, verdict);
        return verdict;
      };
      const won = episodes.map((): number[] => []);
      const missing = episodes.map(() => 0);
      const pairs = episodes.flatMap((_, i) =>
        episodes.slice(i + 1).map((_, k) => [i, i + 1 + k] as const),
      );
      await Promise.all(
        pairs.map(async ([i, j]) => {
          const verdict = await compare(i, j);
          if ('value' in verdict) {
            won[i].push(verdict.value);
            won[j].push(1 - verdict.value);
          } else {
            missing[i]++;
            missing[j]++;
          }
        }),
      );
      return episodes.map((_, i) => winShare(won[i], missing[i]));
    },
  };
}

/** The part `unavailable` is the share of comparisons without a verdict. */
function winShare(won: readonly number[], missing: number): RewardBreakdown {
  const asked = won.length + missing;
  const sum = won.reduce((total, one) => total + one, 0);
  return {
    value: won.length === 0 ? null : sum / won.length,
    parts: asked === 0 ? {} : { unavailable: missing / asked },
  };
}
