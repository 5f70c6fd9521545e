export type {
  DecoderOps,
  LayerAttention,
  ModelConfig,
  Rope,
} from './architectures/architecture.js';
export {
  type LlamaConfig,
  llamaConfigJson,
  parseModelConfig,
  weightShapes,
} from './architectures/config.js';
export { decoder, outputWeight } from './architectures/decoder.js';
export {
  type CharacterTokenizerOptions,
  characterTokenizerFiles,
} from './chat/character-tokenizer.js';
export { createChatFormat } from './chat/chat-format.js';
export {
  type ChatTemplate,
  type ChatTemplateInput,
  createChatTemplate,
} from './chat/chat-template.js';
export { type ChatTemplateFile, chatTemplateOf } from './chat/chat-template-files.js';
export type { TextSpan } from './chat/generation-blocks.js';
export { parseChatJson } from './chat/python-numbers.js';
export { createStreamDecoder } from './chat/stream-decoder.js';
export { readTextFiles } from './chat/text-files.js';
export { createTokenizer } from './chat/tokenizer.js';
export type { Precision } from './engine/engine-config.js';
export { haveSameShapes } from './engine/host-weights.js';
export { toTokenBatch } from './engine/token-batch.js';
export type { LogProbsMode } from './http-sampler/completion.js';
export { createHttpSampler, type HttpSamplerOptions } from './http-sampler/http-sampler.js';
export type { LoraOptions } from './lora/lora.js';
export { LanguageModel } from './model/language-model.js';
export type { LanguageModelOptions, SaveOptions } from './model/language-model-options.js';
export type { WeightOptions } from './model/model-folder.js';
export { createEngineSampler } from './sampling/sampler.js';
export type * from './types.js';
