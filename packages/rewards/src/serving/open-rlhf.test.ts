import { describe, expect, test } from 'vitest';
import { END_OF_SEQUENCE, episodeOf, readRequest, responseOf } from './open-rlhf.js';

const options = { labelColumn: 'answer', endOfSequence: END_OF_SEQUENCE };

describe('request', () => {
  test('the completion is what follows the prompt, without the ends of the sequence', () => {
    const prompt = '<|im_start|>user\n2+2<|im_end|>\n<|im_start|>assistant\n';
    const request = readRequest({
      query: [`${prompt}It is 4.<|im_end|>\n`, `${prompt}It is`],
      prompts: [prompt, prompt],
      labels: ['4', null],
    });
    expect(episodeOf(request, 0, options)).toEqual({
      messages: [
        { role: 'user', content: prompt },
        { role: 'assistant', content: 'It is 4.' },
      ],
      completion: 'It is 4.',
      row: { prompt, answer: '4' },
      environmentReward: 0,
      end: 'terminated',
    });
    expect(episodeOf(request, 1, options)).toMatchObject({
      completion: 'It is',
      row: { prompt },
      end: 'length',
    });
  });

  test('the older form with query alone is read as a completion without a prompt', () => {
    const request = readRequest({ query: ['4</s>'] });
    expect(episodeOf(request, 0, options)).toMatchObject({ completion: '4', row: { prompt: '' } });
  });

  test.each([
    [null, '"query" must be a list of texts'],
    [{ query: 'x' }, '"query" must be a list of texts'],
    [{ query: [1] }, '"query" must be a list of texts'],
    [{ query: ['x'], prompts: [] }, '"prompts" must be a list of 1 texts'],
    [{ query: ['x'], prompts: ['x'], labels: 'y' }, '"labels" must be a list of 1 entries'],
  ])('%j is refused with what it needs', (json, message) => {
    expect(() => readRequest(json)).toThrow(message);
  });
});

test('scores are rewards within 0..1, and parts that every sample has are logs', () => {
  const parts = [
    { 'r/a': 1, 'r/b': 2 },
    { 'r/a': 0, 'r/b': null },
    { 'r/a': 3, 'r/b': 4 },
  ];
  expect(responseOf([-1, 0.5, 2], parts)).toEqual({
    rewards: [-1, 0.5, 2],
    scores: [0, 0.5, 1],
    extra_logs: { 'r/a': [1, 0, 3] },
  });
  expect(responseOf([], [])).toEqual({ rewards: [], scores: [], extra_logs: {} });
});
