import { describe, expect, test } from 'vitest';
import { createChatTemplate } from './chat-template.js';
import { parseChatJson } from './python-numbers.js';

/** What a template writes for a field of a message. */
const written = (args: unknown) =>
  createChatTemplate('{{ messages[0].args | tojson }}')({
    messages: [{ role: 'user', content: '', ...{ args } }],
    addGenerationPrompt: false,
  });

describe('numbers in a chat', () => {
  test('are written as Python does, floats with a fraction and integers without', () => {
    const python = '[1, 2.0, -2.0, 0, 0.0, -0.0, 2.5, 1e-07, 1.5e-05, 0.0001, 1e+16, 1.5e+300]';
    expect(written(parseChatJson(python))).toBe(python);
    expect(written(parseChatJson('[2E0, 1e2, 1e-7, 20.0e-1]'))).toBe('[2.0, 100.0, 1e-07, 2.0]');
  });

  test('are integers where they are whole and nothing says otherwise', () => {
    expect(written(JSON.parse('[1, 2.0, -3]'))).toBe('[1, 2, -3]');
  });

  test('in strings and keys stay text', () => {
    const text = '{"2.0": "a \\" 3.0", "@number": "@number:0;", "x": 4.0}';
    expect(written(parseChatJson(text))).toBe(text);
  });

  test('stay numbers for those who read or save them', () => {
    const { a, b } = parseChatJson('{"a": 2.0, "b": 0.5}') as { a: number; b: number };
    expect(a + b).toBe(2.5);
    expect(JSON.stringify([a, b])).toBe('[2,0.5]');
  });

  test('are not read from broken JSON', () => {
    expect(() => parseChatJson('{"a": 2.0')).toThrow(SyntaxError);
  });
});
