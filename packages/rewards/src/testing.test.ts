import { describe, expect, test } from 'vitest';
import {
  afterReasoning,
  answerFormat,
  bleu,
  clipReward,
  codeTests,
  combine,
  cosineLength,
  embeddingSimilarity,
  exactAnswer,
  finalState,
  jsonFormat,
  languageConsistency,
  loopPenalty,
  mathAnswer,
  multipleChoice,
  numericAnswer,
  regexMatch,
  repetitionPenalty,
  rouge,
  schemaMatch,
  softOverlong,
  targetLength,
  thinkFormat,
  toolCallMatch,
} from './index.js';
import { type RewardConformanceOptions, rewardChecks } from './testing.js';
import type { Reward, RewardFn } from './types.js';

interface Row extends RewardConformanceOptions {
  readonly name: string;
  readonly make: () => Reward;
  /** A completion that gets `best`. */
  readonly best: readonly [completion: string, value: number];
}

const add = '```js\nconst add = (a, b) => a + b;\n```';
const call = '<tool_call>{"name":"look","arguments":{"id":1}}</tool_call>';
const embed = async (texts: readonly string[]) => texts.map((text) => [text.length, 1]);

/** One row per provided reward. */
const table: readonly Row[] = [
  { name: 'exactAnswer', make: exactAnswer, range: [0, 1], best: ['<answer>85</answer>', 1] },
  { name: 'numericAnswer', make: numericAnswer, range: [0, 1], best: ['<answer>85.0</answer>', 1] },
  { name: 'mathAnswer', make: mathAnswer, range: [0, 1], best: ['\\boxed{\\frac{170}{2}}', 1] },
  {
    name: 'mathAnswer of a root',
    make: mathAnswer,
    row: { answer: '\\sqrt{8}' },
    range: [0, 1],
    best: ['\\boxed{2\\sqrt2}', 1],
  },
  {
    name: 'multipleChoice',
    make: multipleChoice,
    row: { answer: 'B' },
    range: [0, 1],
    best: ['Answer: (B)', 1],
  },
  { name: 'regexMatch', make: () => regexMatch(/^\d+$/), range: [0, 1], best: ['85', 1] },
  { name: 'answerFormat', make: answerFormat, range: [0, 1], best: ['<answer>1</answer>', 1] },
  { name: 'thinkFormat', make: thinkFormat, range: [0, 1], best: ['<think>a</think>', 1] },
  { name: 'jsonFormat', make: jsonFormat, range: [0, 1], best: ['{}', 1] },
  {
    name: 'schemaMatch',
    make: () => schemaMatch({ schema: { type: 'object' } }),
    range: [0, 1],
    best: ['{}', 1],
  },
  {
    name: 'toolCallMatch',
    make: toolCallMatch,
    row: { toolCalls: [{ name: 'look', arguments: { id: 1 } }] },
    range: [0, 1],
    best: [call, 1],
  },
  {
    name: 'finalState',
    make: () => finalState({ state: ({ completion }) => ({ said: completion }) }),
    row: { finalState: { said: 'yes' } },
    range: [0, 1],
    best: ['yes', 1],
  },
  {
    name: 'codeTests',
    make: () => codeTests(),
    row: { tests: [{ call: 'add', args: [1, 2], returns: 3 }] },
    range: [0, 1],
    best: [add, 1],
  },
  { name: 'rouge', make: rouge, range: [0, 1], best: ['85', 1] },
  { name: 'bleu', make: bleu, range: [0, 1], best: ['85', 1] },
  {
    name: 'embeddingSimilarity',
    make: () => embeddingSimilarity(embed),
    range: [-1, 1],
    best: ['85', 1],
  },
  {
    name: 'languageConsistency',
    make: () => languageConsistency({ script: 'Latin' }),
    range: [0, 1],
    best: ['yes', 1],
  },
  {
    name: 'softOverlong',
    make: () => softOverlong({ maxLength: 100, cache: 20 }),
    range: [-1, 0],
    best: ['', 0],
  },
  {
    name: 'cosineLength',
    make: () => cosineLength(numericAnswer(), { maxLength: 100 }),
    range: [-1, 1],
    best: ['<answer>85</answer>', 0.5 + 0.25 * (1 + Math.cos(Math.PI * 0.19))],
  },
  { name: 'targetLength', make: () => targetLength({ target: 3 }), best: ['abc', 0] },
  {
    name: 'repetitionPenalty',
    make: repetitionPenalty,
    range: [-1, 0],
    best: ['one two three four', 0],
  },
  { name: 'loopPenalty', make: loopPenalty, range: [-1, 0], best: ['one two three four', 0] },
  {
    name: 'afterReasoning',
    make: () => afterReasoning(numericAnswer()),
    range: [0, 1],
    best: ['</think><answer>85</answer>', 1],
  },
  {
    name: 'clipReward',
    make: () => clipReward(rouge(), { high: 0.5 }),
    range: [0, 0.5],
    best: ['85', 0.5],
  },
  {
    name: 'combine',
    make: () => combine('both', [numericAnswer(), answerFormat()], { by: 'product' }),
    range: [0, 1],
    best: ['<answer>85</answer>', 1],
  },
];

describe.each(table)('$name', ({ make, best: [completion, value], ...options }) => {
  const checks = rewardChecks(make, { ...options, completions: [completion] });
  test.each(checks.map((check) => [check.name, check.run] as const))('%s', (_, run) => run());

  test('has a completion that it likes best', async () => {
    const messages = [{ role: 'assistant', content: completion }] as const;
    const { row = { answer: '85' } } = options;
    const episode = {
      messages,
      completion,
      completionTokens: completion.length,
      row,
      environmentReward: 0,
      end: 'terminated',
    } as const;
    const result = await make().fn(episode);
    expect(typeof result === 'object' && result !== null ? result.value : result).toBeCloseTo(
      value,
      12,
    );
  });
});

describe('the checks notice', () => {
  const failing = async (fn: RewardFn, options: RewardConformanceOptions = {}) => {
    const failed: string[] = [];
    for (const { name, run } of rewardChecks(() => ({ name: 'odd', fn }), options)) {
      await run().catch(() => failed.push(name.split(' ').slice(0, 3).join(' ')));
    }
    return failed;
  };
  let calls = 0;

  test.each([
    {
      what: 'NaN for a blank completion',
      fn: ({ completion }) => 1 / completion.trim().length - 1 / completion.trim().length,
      first: 'gives a finite',
    },
    { what: 'a value outside its range', fn: () => 2, first: 'gives a finite' },
    {
      what: 'an error for odd JSON',
      fn: ({ completion }) => JSON.parse(completion) as number,
      first: 'gives a finite',
    },
    { what: 'a value that changes', fn: () => (++calls % 7) / 7, first: 'gives the same' },
    {
      what: 'a write to the row',
      fn: ({ row }) => {
        (row as Record<string, unknown>).seen = 1;
        return 1;
      },
      first: 'gives a finite',
    },
  ] satisfies { what: string; fn: RewardFn; first: string }[])('$what', async ({ fn, first }) => {
    expect((await failing(fn, { range: [0, 1] }))[0]).toBe(first);
  });
});
