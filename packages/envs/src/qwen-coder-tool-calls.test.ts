import { describe, expect, test } from 'vitest';
import { qwenCoderToolCalls } from './qwen-coder-tool-calls.js';
import type { Tool } from './types.js';

const search: Tool = {
  name: 'search',
  description: 'Searches.',
  parameters: {
    type: 'object',
    properties: {
      query: { type: 'string' },
      limit: { type: 'integer' },
      tags: { type: 'array' },
      exact: { type: 'boolean' },
    },
  },
  execute: () => [],
};
const { describe: describeTools, parse } = qwenCoderToolCalls();
const call = (name: string, args: Readonly<Record<string, string>> = {}) =>
  `<tool_call>\n<function=${name}>\n${Object.entries(args)
    .map(([key, value]) => `<parameter=${key}>\n${value}\n</parameter>\n`)
    .join('')}</function>\n</tool_call>`;
const search1 = { name: 'search', args: { query: 'tea', limit: 3 } };

test('the tools are described with their schemas', () => {
  expect(describeTools([search])).toContain('"name":"search","description":"Searches."');
});

describe('calls', () => {
  test.each([
    ['The answer is 85.', []],
    [call('search', { query: 'tea', limit: '3' }), [search1]],
    [`Let me see.\n${call('search', { query: 'tea', limit: '3' })} Done.`, [search1]],
    ['<function=now></function>', [{ name: 'now', args: {} }]],
    ['<function=a><parameter=b>1</parameter></function>', [{ name: 'a', args: { b: 1 } }]],
  ])('%j is read', (content, calls) => {
    expect(parse(content, [search])).toEqual(calls);
  });

  test('the same call twice is two calls', () => {
    const twice = call('search', { query: 'tea', limit: '3' }).repeat(2);
    expect(parse(twice, [search])).toEqual([search1, search1]);
  });

  test('a string stays as it is, other values are JSON or Python words, or a text', () => {
    const args = { query: '42', limit: 'many', tags: '["a", {"b": [1]}]', exact: 'True' };
    expect(parse(call('search', args), [search])).toEqual([
      {
        name: 'search',
        args: { query: '42', limit: 'many', tags: ['a', { b: [1] }], exact: true },
      },
    ]);
    expect(parse(call('other', { x: '42', y: 'a\nb', z: 'None' }), [search])).toEqual([
      { name: 'other', args: { x: 42, y: 'a\nb', z: null } },
    ]);
  });

  test('tags within a value belong to it', () => {
    const query = 'say </parameter> and <function=x> and </function>\n  over';
    expect(parse(call('search', { query, limit: '1' }), [search])).toEqual([
      { name: 'search', args: { query, limit: 1 } },
    ]);
  });

  test('a parameter may have any name, and touches no prototype', () => {
    const [own] = parse('<function=a><parameter=__proto__>2</parameter></function>', []);
    expect(Object.entries((own as { args: object }).args)).toEqual([['__proto__', 2]]);
  });
});

test.each([
  ['<tool_call>', 'a <tool_call> without <function=NAME>'],
  ['<tool_call>{"name":"search"}</tool_call>', 'a <tool_call> without <function=NAME>'],
  ['<function=', 'a <function= without a name'],
  ['<function=search', 'a <function= without a name'],
  ['<function=search>', 'a <function=search> without </function>'],
  ['<function=search>\n<parameter=query>\nte', 'a <parameter=query> without </parameter>'],
  [
    '<function=search><parameter=query>\ntea\n</parameter>\n</tool_call>',
    'a <parameter=query> without </parameter>',
  ],
  ['<function=search><parameter=query>tea</parameter>', 'a <function=search> without </function>'],
  [
    '<function=search><parameter=a>1</parameter><parameter=a>2</parameter></function>',
    'the parameter a twice in <function=search>',
  ],
])('%j is told as a problem', (content, problem) => {
  expect(parse(content, [search])).toEqual([{ problem }]);
});

test('a call after a broken one is read', () => {
  expect(parse(`<function=><function=now></function>`, [])).toEqual([
    { problem: 'a <function= without a name' },
    { name: 'now', args: {} },
  ]);
});

test('long messages of unfinished calls are read without hanging', () => {
  expect(parse('<function='.repeat(50_000), [])).toHaveLength(50_000);
  expect(parse('<function=a>'.repeat(50_000), [])).toHaveLength(50_000);
  expect(parse('<function=a><parameter=b>'.repeat(50_000), [])).toHaveLength(1);
  expect(parse(`<function=a><parameter=b>${'</parameter>x'.repeat(50_000)}`, [])).toHaveLength(1);
  expect(parse(`<function=a>${' '.repeat(500_000)}`, [])).toHaveLength(1);
});
