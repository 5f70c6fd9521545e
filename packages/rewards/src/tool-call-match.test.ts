import { expect, test } from 'vitest';
import { type ToolCallMatchOptions, toolCallMatch } from './tool-call-match.js';
import type { Episode } from './types.js';

const tag = (call: unknown) => `<tool_call>\n${JSON.stringify(call)}\n</tool_call>`;
const look = { name: 'look', arguments: { id: 7, deep: { a: [1] } } };
const refund = { name: 'refund', arguments: { id: 7 } };
const stop = { name: 'stop', arguments: {} };

function reward(said: readonly string[], toolCalls: unknown, options: ToolCallMatchOptions = {}) {
  const messages = said.map((content) => ({ role: 'assistant', content }) as const);
  const episode: Episode = {
    messages,
    completion: said.at(-1) ?? '',
    row: { toolCalls },
    environmentReward: 0,
    end: 'terminated',
  };
  return toolCallMatch(options).fn(episode);
}
const scores = (value: number, names: number) => ({
  value,
  parts: { names, exact: Number(value === 1) },
});

test.each([
  { what: 'all calls in order', said: [look, refund], gold: [look, refund], r: 1, names: 1 },
  { what: 'the wrong order', said: [refund, look], gold: [look, refund], r: 0.5, names: 0.5 },
  { what: 'a call too few', said: [look], gold: [look, refund], r: 0.5, names: 0.5 },
  { what: 'calls too many', said: [look, look, look, look], gold: [look], r: 0.25, names: 0.25 },
  {
    what: 'one argument of two',
    said: [{ ...look, arguments: { id: 7, deep: 1 } }],
    gold: [look],
    r: 0.5,
    names: 1,
  },
  {
    what: 'an argument too many',
    said: [{ ...refund, arguments: { id: 7, more: 1 } }],
    gold: [refund],
    r: 0.5,
    names: 1,
  },
  { what: 'no arguments', said: [stop], gold: [stop], r: 1, names: 1 },
  { what: 'another tool', said: [stop], gold: [look], r: 0, names: 0 },
  { what: 'a call where none is due', said: [stop], gold: [], r: 0, names: 0 },
  { what: 'no call where none is due', said: [], gold: [], r: 1, names: 1 },
])('$what gives $r', ({ said, gold, r, names }) => {
  expect(reward(said.map(tag), gold)).toEqual(scores(r, names));
  expect(reward([said.map(tag).join('\n')], gold)).toEqual(scores(r, names));
});

test('without order, calls may come in any', () => {
  expect(reward([tag(refund), tag(look)], [look, refund], { isOrdered: false })).toEqual(
    scores(1, 1),
  );
});

test.each([
  '<tool_call>{"name": "stop"',
  '<tool_call>nonsense</tool_call>',
  '<tool_call>{"name": 1}</tool_call>',
  'stop()',
])('%j is no call', (text) => {
  expect(reward([text], [stop])).toEqual(scores(0, 0));
});

test('a name from the prototype is no argument', () => {
  const call = { name: 'look', arguments: { toString: null } };
  expect(reward(['<tool_call>{"name":"look","arguments":{}}</tool_call>'], [call])).toEqual(
    scores(0, 1),
  );
});

test('a row without calls is left out, one with wrong ones is an error', () => {
  expect(reward([], null)).toBeNull();
  expect(() => reward([], [{ tool: 'look' }])).toThrow(
    'the row\'s calls must be a list of at most 50 { name, arguments }, got {"tool":"look"}.',
  );
});

test('twenty thousand calls are counted, not compared', () => {
  expect(reward([tag(stop).repeat(20_000)], [stop])).toEqual(scores(1 / 20_000, 1 / 20_000));
});
