export { afterReasoning } from './after-reasoning.js';
export { type AnswerFormatOptions, answerFormat } from './answer-format.js';
export { type BleuOptions, bleu } from './bleu.js';
export { clipReward } from './clip-reward.js';
export type { CodeLimits, CodeTest } from './code/types.js';
export { type CodeTestsOptions, codeTests } from './code-tests.js';
export { type Combination, combine } from './combine.js';
export type { CountTokens } from './completion-tokens.js';
export { type CosineLengthOptions, cosineLength } from './cosine-length.js';
export {
  type Embed,
  type EmbeddingSimilarityOptions,
  embeddingSimilarity,
} from './embedding-similarity.js';
export { type ExactAnswerOptions, exactAnswer } from './exact-answer.js';
export { type FinalStateOptions, finalState } from './final-state.js';
export { jsonFormat } from './json-format.js';
export { type LanguageConsistencyOptions, languageConsistency } from './language-consistency.js';
export { type MathAnswerOptions, mathAnswer } from './math-answer.js';
export { modelTurns } from './model-turns.js';
export { type MultipleChoiceOptions, multipleChoice } from './multiple-choice.js';
export { type NumericAnswerOptions, numericAnswer } from './numeric-answer.js';
export { regexMatch } from './regex-match.js';
export { type RepetitionPenaltyOptions, repetitionPenalty } from './repetition-penalty.js';
export { type RougeKind, type RougeOptions, rouge } from './rouge.js';
export { type SchemaMatchOptions, schemaMatch } from './schema-match.js';
export { type ScoreOptions, scoreEpisodes } from './score-episodes.js';
export { type SoftOverlongOptions, softOverlong } from './soft-overlong.js';
export { type TargetLengthOptions, targetLength } from './target-length.js';
export { thinkFormat } from './think-format.js';
export {
  type ExpectedToolCall,
  type ToolCallMatchOptions,
  toolCallMatch,
} from './tool-call-match.js';
export type * from './types.js';
