export { type AnswerFormatOptions, answerFormat } from './answer-format.js';
export { type NumericAnswerOptions, numericAnswer } from './numeric-answer.js';
export { type ScoreOptions, scoreEpisodes } from './score-episodes.js';
export type * from './types.js';
