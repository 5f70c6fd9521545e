export { type CharacterTokenizerOptions, characterTokenizerFiles } from './character-tokenizer.js';
export { createChatFormat } from './chat-format.js';
export { llamaConfigJson, type ModelConfig, parseModelConfig, weightShapes } from './config.js';
export { type DecoderOps, decoder, outputWeight } from './decoder.js';
export { LanguageModel, type LanguageModelOptions } from './language-model.js';
export {
  readSafetensors,
  type SafetensorsFile,
  type StoredTensor,
  writeSafetensors,
} from './safetensors.js';
export { type TokenSequence, toTokenBatch } from './token-batch.js';
export { createTokenizer } from './tokenizer.js';
export type * from './types.js';
