import { describe, expect, test } from 'vitest';
import { hermesToolCalls, llamaToolCalls, mistralToolCalls } from './tool-call-formats.js';
import type { Tool } from './types.js';

const add: Tool = {
  name: 'add',
  description: 'Adds two numbers.',
  parameters: { type: 'object', properties: { a: { type: 'number' } } },
  execute: () => 0,
};
const form = (key: string) => ({
  problem: `a call that is not JSON of the form {"name": "…", "${key}": {…}}`,
});

describe('hermes', () => {
  const { describe: describeTools, parse } = hermesToolCalls();

  test.each([
    ['The answer is 85.', []],
    [
      '<tool_call>{"name":"add","arguments":{"a":1}}</tool_call>',
      [{ name: 'add', args: { a: 1 } }],
    ],
    [
      'Let me see.\n<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>\n' +
        '<tool_call>{"name":"now"}</tool_call> Done.',
      [
        { name: 'add', args: { a: 1 } },
        { name: 'now', args: {} },
      ],
    ],
    [
      '<tool_call>{"name":"add","arguments":"{\\"a\\":1}"}</tool_call>',
      [{ name: 'add', args: { a: 1 } }],
    ],
    ['<tool_call>{"name":"add","arguments":"a=1"}</tool_call>', [{ name: 'add', args: undefined }]],
    ['<tool_call>{"name":"add"', [{ problem: 'a <tool_call> without </tool_call>' }]],
    ['<tool_call>{oops}</tool_call>', [form('arguments')]],
    ['<tool_call>["add"]</tool_call>', [form('arguments')]],
    ['<tool_call>{"name":7}</tool_call>', [form('arguments')]],
    [
      '<tool_call>{"name":"a"}<tool_call>{"name":"b"}</tool_call>',
      [{ problem: 'a <tool_call> without </tool_call>' }, { name: 'b', args: {} }],
    ],
    [
      '<tool_call>{"name":"say","arguments":{"text":"<tool_call>{}</tool_call>","at":{"x":[{}]}}}</tool_call>',
      [{ name: 'say', args: { text: '<tool_call>{}</tool_call>', at: { x: [{}] } } }],
    ],
    [
      '<tool_call>{"name":"now"}</tool_call><tool_call>{"name":"now"}</tool_call>',
      [
        { name: 'now', args: {} },
        { name: 'now', args: {} },
      ],
    ],
    ['<tool_call>{"name":"a"} and more</tool_call>', [form('arguments')]],
    ['<tool_call></tool_call>', [form('arguments')]],
  ])('%j is read', (content, calls) => {
    expect(parse(content, [])).toEqual(calls);
  });

  test('the tools are described with their schemas', () => {
    expect(describeTools([add])).toContain(
      '<tools>\n{"type":"function","function":{"name":"add","description":"Adds two numbers.",' +
        '"parameters":{"type":"object","properties":{"a":{"type":"number"}}}}}\n</tools>',
    );
  });
});

describe('llama', () => {
  const { describe: describeTools, parse } = llamaToolCalls();

  test.each([
    ['The answer is 85.', []],
    ['I call {"name":"add"}', []],
    ['{"name":"add","parameters":{"a":1}}', [{ name: 'add', args: { a: 1 } }]],
    [' <|python_tag|>{"name": "add", "parameters": {"a": 1}}\n', [{ name: 'add', args: { a: 1 } }]],
    [
      '{"name":"add","parameters":{"a":1}}; {"name":"say","parameters":{"text":"a;b"}}',
      [
        { name: 'add', args: { a: 1 } },
        { name: 'say', args: { text: 'a;b' } },
      ],
    ],
    ['{"name":"say","parameters":{"text":"a; {b}"}}', [{ name: 'say', args: { text: 'a; {b}' } }]],
    ['{"parameters":{}}', [form('parameters')]],
    ['{oops', [form('parameters')]],
    [
      '{"name":"say","parameters":{"text":"a; {\\"b\\"}"}};{"name":"now"}',
      [
        { name: 'say', args: { text: 'a; {"b"}' } },
        { name: 'now', args: {} },
      ],
    ],
    [
      '{"name":"now"}{"name":"now"}',
      [
        { name: 'now', args: {} },
        { name: 'now', args: {} },
      ],
    ],
    ['{"name":"now"}; {"name":"ad', [{ name: 'now', args: {} }, form('parameters')]],
    ['{"name":"now"} is what I call.', [{ name: 'now', args: {} }]],
    ['One moment.<|python_tag|>{"name":"now"}', [{ name: 'now', args: {} }]],
    ['<|python_tag|>print(1)', [{ problem: 'something else than JSON behind <|python_tag|>' }]],
  ])('%j is read', (content, calls) => {
    expect(parse(content, [])).toEqual(calls);
  });

  test('the tools are described with their schemas', () => {
    expect(describeTools([add])).toContain('"name":"add","description":"Adds two numbers."');
  });
});

describe('mistral', () => {
  const { describe: describeTools, parse } = mistralToolCalls();

  test.each([
    ['The answer is 85.', []],
    ['[TOOL_CALLS] [{"name":"add","arguments":{"a":1}}]', [{ name: 'add', args: { a: 1 } }]],
    ['[TOOL_CALLS][{"name":"add"},{"no":"name"}]', [{ name: 'add', args: {} }, form('arguments')]],
    [
      '[TOOL_CALLS][{"name":"say","arguments":{"text":"[TOOL_CALLS] ]","at":[{}]}}] Done.',
      [{ name: 'say', args: { text: '[TOOL_CALLS] ]', at: [{}] } }],
    ],
    [
      '[TOOL_CALLS]add[ARGS]{"a": 1}[TOOL_CALLS]now[CALL_ID]x1[ARGS]{}',
      [
        { name: 'add', args: { a: 1 } },
        { name: 'now', args: {} },
      ],
    ],
    [
      '[TOOL_CALLS][{"name":"now"}][TOOL_CALLS][{"name":"now"}]',
      [
        { name: 'now', args: {} },
        { name: 'now', args: {} },
      ],
    ],
    ['[TOOL_CALLS]add[ARGS]{"a": ', [form('arguments')]],
    ['[TOOL_CALLS]add[ARGS]{oops}', [form('arguments')]],
    ['[TOOL_CALLS]', [{ problem: 'something else than a JSON list after [TOOL_CALLS]' }]],
    [
      '[TOOL_CALLS][{"name":"now"}',
      [{ problem: 'something else than a JSON list after [TOOL_CALLS]' }],
    ],
    [
      '[TOOL_CALLS]{"name":"a"}',
      [{ problem: 'something else than a JSON list after [TOOL_CALLS]' }],
    ],
    ['[TOOL_CALLS] add', [{ problem: 'something else than a JSON list after [TOOL_CALLS]' }]],
  ])('%j is read', (content, calls) => {
    expect(parse(content, [])).toEqual(calls);
  });

  test('the tools are described with their schemas', () => {
    expect(describeTools([add, add])).toMatch(
      /^\[AVAILABLE_TOOLS\] \[\{.*"add".*\}, \{.*"add".*\}\] \[\/AVAILABLE_TOOLS\]\n/,
    );
  });
});

describe('a long message of unfinished calls is read without hanging', () => {
  const { parse: hermes } = hermesToolCalls();
  const { parse: llama } = llamaToolCalls();
  const { parse: mistral } = mistralToolCalls();

  test.each(['<tool_call>{', '<tool_call>{"', '<tool_call>{"a": ["', '<tool_call>{"\\'])(
    'hermes, %s',
    (unit) => {
      expect(hermes(unit.repeat(50_000), []).length).toBeGreaterThan(10_000);
    },
  );

  test.each(['{;', '{"', '{"name":"a"};{'])('llama, %s', (unit) => {
    expect(llama(unit.repeat(50_000), []).length).toBeGreaterThan(0);
  });

  test.each(['[TOOL_CALLS]', '[TOOL_CALLS][{', '[TOOL_CALLS]a[ARGS]{'])('mistral, %s', (unit) => {
    expect(mistral(unit.repeat(50_000), []).length).toBeGreaterThan(0);
  });
});
