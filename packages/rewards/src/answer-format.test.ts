import { expect, test } from 'vitest';
import { answerFormat } from './answer-format.js';
import type { Episode } from './types.js';

function episode(completion: string): Episode {
  return { messages: [], completion, row: {}, environmentReward: 0, end: 'terminated' };
}

test.each([
  { completion: '<answer>85</answer>', alone: 1, afterReasoning: 1 },
  { completion: '\n<answer>any text\nat all</answer> ', alone: 1, afterReasoning: 1 },
  { completion: '30 + 55 = 85 <answer>85</answer>', alone: 0, afterReasoning: 1 },
  { completion: '<answer>85</answer> I am sure.', alone: 0, afterReasoning: 0 },
  { completion: '<answer>84</answer><answer>85</answer>', alone: 0, afterReasoning: 0 },
  { completion: '<answer><answer>85</answer>', alone: 0, afterReasoning: 0 },
  { completion: '<answer>85</answer></answer>', alone: 0, afterReasoning: 0 },
  { completion: '</answer>85<answer>', alone: 0, afterReasoning: 0 },
  { completion: '</answer><answer>85', alone: 0, afterReasoning: 0 },
  { completion: '<answer>85', alone: 0, afterReasoning: 0 },
  { completion: '85</answer>', alone: 0, afterReasoning: 0 },
  { completion: '<answer> </answer>', alone: 0, afterReasoning: 0 },
  { completion: '<Answer>85</Answer>', alone: 0, afterReasoning: 0 },
  { completion: '85', alone: 0, afterReasoning: 0 },
  { completion: '', alone: 0, afterReasoning: 0 },
])('$completion is worth $alone alone, $afterReasoning after reasoning', (row) => {
  expect(answerFormat().fn(episode(row.completion))).toBe(row.alone);
  expect(answerFormat({ allowsReasoning: true }).fn(episode(row.completion))).toBe(
    row.afterReasoning,
  );
});
