import type { Reward } from './types.js';

const OPEN = '<answer>';
const CLOSE = '</answer>';

/** Options of `answerFormat`. */
export interface AnswerFormatOptions {
  /** Whether free text may stand before the answer. Default false: the answer alone. */
  readonly allowsReasoning?: boolean;
}

/**
 * Rewards the form `<answer>…</answer>`: 1 if the completion ends with exactly one answer that is
 * not blank, and has nothing else around it (or only text before it, with `allowsReasoning`);
 * else 0. White space around is ignored.
 *
 * @example
 * answerFormat(); // { name: 'answerFormat', fn }
 */
export function answerFormat({ allowsReasoning = false }: AnswerFormatOptions = {}): Reward {
  return {
    name: 'answerFormat',
    fn: ({ completion }) => {
      const text = completion.trim();
      const start = text.indexOf(OPEN);
      const end = text.length - CLOSE.length;
      const isOneAnswer =
        start >= 0 && start === text.lastIndexOf(OPEN) && end === text.indexOf(CLOSE);
      if (!isOneAnswer || !(allowsReasoning || start === 0)) return 0;
      return text.slice(start + OPEN.length, end).trim() === '' ? 0 : 1;
    },
  };
}
