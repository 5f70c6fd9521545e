import { expect, test } from 'vitest';
import { messageParts } from './message-parts.js';

test('tool calls and thoughts are set apart, and JSON is laid out', () => {
  const said = '<think>Hm.</think>Look:<tool_call>{"name":"add","arguments":{"a":1}}</tool_call>';
  expect(messageParts(said)).toEqual([
    { kind: 'thought', text: 'Hm.' },
    { kind: 'text', text: 'Look:' },
    { kind: 'tool-call', text: '{\n  "name": "add",\n  "arguments": {\n    "a": 1\n  }\n}' },
  ]);
});

test('a call that is no JSON, or was cut off, is shown as it was written', () => {
  expect(messageParts('<tool_call>{"name":</tool_call>')).toEqual([
    { kind: 'tool-call', text: '{"name":' },
  ]);
  expect(messageParts('a <think>and then')).toEqual([
    { kind: 'text', text: 'a ' },
    { kind: 'thought', text: 'and then' },
  ]);
});

test('all else is text, markup and emptiness included', () => {
  expect(messageParts('<b>x</b>')).toEqual([{ kind: 'text', text: '<b>x</b>' }]);
  expect(messageParts('')).toEqual([{ kind: 'text', text: '' }]);
});
