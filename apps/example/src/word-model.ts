/** A small model that reads whole words, for tasks that are learned from scratch. */
import { characterTokenizerFiles, LanguageModel, llamaConfigJson } from '@grpo/policy';

/**
 * A Llama of 0.1 million weights with random values, which reads each of its words as one token.
 *
 * @param words everything that is said; the rest of the vocabulary are the marks of a turn
 */
export function wordModel(words: readonly string[], seed: number): LanguageModel {
  const characters = words.filter((word) => word.length === 1);
  const tokens = [
    ...['<pad>', '<|user|>', '<|assistant|>', '<|end|>'],
    ...words.filter((word) => word.length > 1),
  ];
  const files = characterTokenizerFiles({
    characters: characters.join(''),
    tokens,
    padToken: '<pad>',
    endToken: '<|end|>',
    chatTemplate:
      '{% for message in messages %}' +
      "{% if message.role == 'assistant' %}<|assistant|>{{ message.content }}<|end|>" +
      '{% else %}<|user|>{{ message.content }}{% endif %}' +
      '{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}',
  });
  const config = llamaConfigJson(
    {
      vocabularySize: tokens.length + characters.length,
      hiddenSize: 64,
      intermediateSize: 128,
      layers: 2,
      heads: 4,
      keyValueHeads: 4,
      headSize: 16,
      normEpsilon: 1e-5,
      ropeTheta: 10_000,
      contextLength: 64,
      tiedEmbeddings: true,
      // Wider than usual: at 0.02 the attention of so narrow a model hardly sees what was said, and learns nothing.
      initializerRange: 0.1,
    },
    { eos: tokens.indexOf('<|end|>'), pad: tokens.indexOf('<pad>') },
  );
  return LanguageModel.create(config, files, seed);
}
