export { afterReasoning } from './after-reasoning.js';
export { type AnswerFormatOptions, answerFormat } from './answer-format.js';
export { type BleuOptions, bleu } from './bleu.js';
export {
  type AiSdkLanguageModel,
  type AiSdkResult,
  aiSdkChatModel,
} from './chat-models/ai-sdk-chat-model.js';
export { ChatModelError } from './chat-models/chat-model-error.js';
export {
  BreakerOpenError,
  type BreakerOptions,
  circuitBreaker,
  withBreaker,
} from './chat-models/circuit-breaker.js';
export {
  type AnswerFunction,
  functionChatModel,
  scriptedChatModel,
} from './chat-models/function-chat-model.js';
export { type OpenAiOptions, openAiChatModel } from './chat-models/openai-chat-model.js';
export { type CachedChatModel, type CacheOptions, withCache } from './chat-models/with-cache.js';
export { withLimit } from './chat-models/with-limit.js';
export {
  type MeteredChatModel,
  type MetricsOptions,
  type TokenPrices,
  withMetrics,
} from './chat-models/with-metrics.js';
export { type RetryOptions, withRetries } from './chat-models/with-retries.js';
export { withTimeout } from './chat-models/with-timeout.js';
export { type CommandOptions, type CommandOutput, checkCommand } from './checking/check-command.js';
export {
  type CheckOptions,
  type CheckReport,
  checkReward,
  type EndEpisode,
  type RewardReport,
} from './checking/check-reward.js';
export type { Distribution } from './checking/distribution.js';
export { formatCheck } from './checking/format-check.js';
export type { GroupTies } from './checking/group-ties.js';
export { readEpisodes } from './checking/read-episodes.js';
export { clipReward } from './clip-reward.js';
export { type CodeTestsOptions, codeTests } from './code-tests.js';
export { type Combination, combine } from './combine.js';
export type { CountTokens } from './completion-tokens.js';
export { type ConcisenessOptions, conciseness } from './conversation/conciseness.js';
export { type CorrectnessOptions, correctness } from './conversation/correctness.js';
export { customerService } from './conversation/customer-service.js';
export { engagement } from './conversation/engagement.js';
export { helpfulness } from './conversation/helpfulness.js';
export type { ConversationOptions } from './conversation/judged-or-measured.js';
export { type ConversationReward, conversationRubrics } from './conversation/rubrics.js';
export { safety } from './conversation/safety.js';
export { type TaskCompletionOptions, taskCompletion } from './conversation/task-completion.js';
export { type CosineLengthOptions, cosineLength } from './cosine-length.js';
export {
  type Embed,
  type EmbeddingSimilarityOptions,
  embeddingSimilarity,
} from './embedding-similarity.js';
export { type ExactAnswerOptions, exactAnswer } from './exact-answer.js';
export { type FinalStateOptions, finalState } from './final-state.js';
export { jsonFormat } from './json-format.js';
export { type AbsoluteJudgeOptions, absoluteJudge } from './judges/absolute-judge.js';
export { compareAnswers, type Pair } from './judges/compare-answers.js';
export { createJudge, type JudgeOptions } from './judges/create-judge.js';
export {
  type PairwiseJudgeOptions,
  pairwiseJudge,
  type TournamentJudgeOptions,
  tournamentJudge,
} from './judges/pairwise-judge.js';
export { quoteUntrusted } from './judges/quote-untrusted.js';
export {
  type RubricCriterion,
  type RubricJudgeOptions,
  rubricJudge,
} from './judges/rubric-judge.js';
export { type RulerJudgeOptions, rulerJudge } from './judges/ruler-judge.js';
export { type LanguageConsistencyOptions, languageConsistency } from './language-consistency.js';
export { type LoopPenaltyOptions, loopPenalty } from './loop-penalty.js';
export { type MathAnswerOptions, mathAnswer } from './math-answer.js';
export { modelTurns } from './model-turns.js';
export { type MultipleChoiceOptions, multipleChoice } from './multiple-choice.js';
export { normalizeInGroup } from './normalize-in-group.js';
export { type NumericAnswerOptions, numericAnswer } from './numeric-answer.js';
export { regexMatch } from './regex-match.js';
export { type RepetitionPenaltyOptions, repetitionPenalty } from './repetition-penalty.js';
export { type RougeKind, type RougeOptions, rouge } from './rouge.js';
export { runningNormalizer } from './running-normalizer.js';
export { type SchemaMatchOptions, schemaMatch } from './schema-match.js';
export { type ScoreOptions, scoreEpisodes } from './score-episodes.js';
export {
  answerOpenRlhf,
  type OpenRlhfOptions,
  OpenRlhfRequestError,
} from './serving/answer-open-rlhf.js';
export type { OpenRlhfResponse } from './serving/open-rlhf.js';
export { type RemoteRewardOptions, remoteReward } from './serving/remote-reward.js';
export { type RewardServer, type ServeOptions, serveReward } from './serving/serve-reward.js';
export { type SoftOverlongOptions, softOverlong } from './soft-overlong.js';
export { type TargetLengthOptions, targetLength } from './target-length.js';
export { thinkFormat } from './think-format.js';
export {
  type ExpectedToolCall,
  type ToolCallMatchOptions,
  toolCallMatch,
} from './tool-call-match.js';
export type * from './types.js';
