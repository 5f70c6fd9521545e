/** The demo's task: sums of four digits, and a small model that reads characters. */
import { join } from 'node:path';
import { writeJsonl } from '@grpo/envs';
import {
  type CharacterTokenizerOptions,
  characterTokenizerFiles,
  LanguageModel,
  llamaConfigJson,
} from '@grpo/policy';
import { keyedRandom, shuffled } from '@grpo/random';

const TERMS = 4;
const MISCOUNTED_FROM = 18; // the teacher's sums from here on are mostly one too low
const MISCOUNTED_SHARE = 0.75;
const HELD_OUT = 512; // problems kept out of training, for the accuracy that is reported

// Printable ASCII, so that the tokenizer would do for other tasks as well.
const CHARACTERS = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');

const TOKENIZER: CharacterTokenizerOptions = {
  characters: CHARACTERS,
  tokens: ['<pad>', '<|user|>', '<|assistant|>', '<|end|>', '<answer>', '</answer>'],
  padToken: '<pad>',
  endToken: '<|end|>',
  chatTemplate:
    '{% for message in messages %}' +
    "{% if message.role == 'assistant' %}<|assistant|>{{ message.content }}<|end|>" +
    '{% else %}<|user|>{{ message.content }}{% endif %}' +
    '{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}',
};

/** The answer as the model should write it. */
export function written(answer: string): string {
  return `<answer>${answer}</answer>`;
}

/** A Llama of 0.8 million weights with random values. */
export function smallModel(seed: number): LanguageModel {
  const files = characterTokenizerFiles(TOKENIZER);
  const id = (token: string) => TOKENIZER.tokens.indexOf(token);
  const config = llamaConfigJson(
    {
      vocabularySize: TOKENIZER.tokens.length + CHARACTERS.length,
      hiddenSize: 192,
      intermediateSize: 512,
      layers: 2,
      heads: 6,
      keyValueHeads: 2,
      headSize: 32,
      normEpsilon: 1e-5,
      ropeTheta: 10_000,
      contextLength: 64,
      tiedEmbeddings: true,
      initializerRange: 0.02,
    },
    { eos: id('<|end|>'), pad: id('<pad>') },
  );
  return LanguageModel.create(config, files, seed);
}

/**
 * Writes train.jsonl and held-out.jsonl: sums of four digits, such as 3+8+5+2.
 * A sum whose digits stand in another order in the other file would be no new problem, so the split is by digits.
 *
 * The column `demonstration` is what the warm start imitates: the answer of a teacher who counts well up to 17 and
 * is then one too low in three of four answers. `answer` is the right one, which only the reward looks at.
 */
export async function writeDataset(folder: string, seed: number): Promise<void> {
  const teacher = keyedRandom(seed, 'teacher');
  const problems = sums(TERMS).map((digits) => {
    const sum = digits.reduce((total, digit) => total + digit, 0);
    const miscounts = sum >= MISCOUNTED_FROM && teacher.next() < MISCOUNTED_SHARE;
    return {
      prompt: digits.join('+'),
      answer: String(sum),
      demonstration: String(miscounts ? sum - 1 : sum),
      digits: [...digits].sort().join(''),
    };
  });
  const sets = shuffled(
    [...new Set(problems.map(({ digits }) => digits))],
    keyedRandom(seed, 'split'),
  );
  const order = shuffled(problems, keyedRandom(seed, 'order'));
  const heldOutSets = new Set<string>();
  const isHeldOut = (problem: { readonly digits: string }) => heldOutSets.has(problem.digits);
  while (order.filter(isHeldOut).length < HELD_OUT) heldOutSets.add(sets[heldOutSets.size]);

  await writeJsonl(join(folder, 'held-out.jsonl'), order.filter(isHeldOut).slice(0, HELD_OUT));
  await writeJsonl(
    join(folder, 'train.jsonl'),
    order.filter((problem) => !isHeldOut(problem)),
  );
}

/** Every way to write down so many digits from 1 to 9. */
function sums(terms: number): number[][] {
  if (terms === 0) return [[]];
  const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  return sums(terms - 1).flatMap((rest) => digits.map((digit) => [...rest, digit]));
}
