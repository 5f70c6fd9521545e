export type { DecoderOps, ModelConfig } from './architecture.js';
export { type CharacterTokenizerOptions, characterTokenizerFiles } from './character-tokenizer.js';
export { createChatFormat } from './chat-format.js';
export { type LlamaConfig, llamaConfigJson, parseModelConfig, weightShapes } from './config.js';
export { decoder, outputWeight } from './decoder.js';
export { LanguageModel, type LanguageModelOptions } from './language-model.js';
export { type TokenSequence, toTokenBatch } from './token-batch.js';
export { createTokenizer } from './tokenizer.js';
export type * from './types.js';
