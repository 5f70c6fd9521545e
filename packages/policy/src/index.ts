export { type CharacterTokenizerOptions, characterTokenizerFiles } from './character-tokenizer.js';
export { createChatFormat } from './chat-format.js';
export { llamaConfigJson, type ModelConfig, parseModelConfig, weightShapes } from './config.js';
export { type DecoderOps, decoder, outputWeight } from './decoder.js';
export { LanguageModel, type LanguageModelOptions } from './language-model.js';
export { type TokenSequence, toTokenBatch } from './token-batch.js';
export { createTokenizer } from './tokenizer.js';
export type * from './types.js';
