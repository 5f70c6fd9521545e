import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { defineTool } from './define-tool.js';
import { toolEnv } from './tool-env.js';
import type { StandardSchema, Task, Tool } from './types.js';

const task: Task = { id: 'a', messages: [{ role: 'user', content: 'Hi' }], row: {} };
const input = z.object({
  at: z.iso
    .date()
    .transform((day) => new Date(day))
    .describe('The day.'),
  guests: z.number().int().min(1).default(2),
});
const book = defineTool({
  name: 'book',
  description: 'Books a table.',
  input,
  execute: ({ at, guests }) => {
    expectTypeOf(at).toEqualTypeOf<Date>();
    expectTypeOf(guests).toEqualTypeOf<number>();
    return `${guests} on day ${at.getUTCDate()}`;
  },
});

async function called(tool: Tool, args: unknown): Promise<string> {
  const env = toolEnv({ tools: [tool], timeoutMs: 50 })(task);
  await env.reset({ seed: 1 });
  const content = `<tool_call>${JSON.stringify({ name: tool.name, arguments: args })}</tool_call>`;
  return (await env.step({ role: 'assistant', content })).messages[0].content;
}

describe('a tool of a zod schema', () => {
  test('is described by it', () => {
    expect(book.parameters).toEqual({
      type: 'object',
      properties: {
        at: {
          type: 'string',
          format: 'date',
          description: 'The day.',
          pattern: expect.any(String),
        },
        guests: { type: 'integer', minimum: 1, maximum: 9007199254740991, default: 2 },
      },
      required: ['at'],
    });
  });

  test('gets the arguments as the schema reads them', async () => {
    expect(await called(book, { at: '2026-03-04' })).toBe('2 on day 4');
    expect(await called(book, { at: '2026-03-04', guests: 5 })).toBe('5 on day 4');
  });

  test('is not called with others: the model is told where they are wrong', async () => {
    expect(await called(book, { at: 'soon', guests: 0 })).toMatch(
      /^Error: arguments\.at: .+; arguments\.guests: .+ Write the call again\.$/,
    );
    expect(await called(book, [])).toMatch(/^Error: arguments: /);
  });

  test('may use what a checker of JSON Schemas does not know', async () => {
    const strict = defineTool({
      name: 'even',
      description: '',
      input: z.object({ n: z.number().refine((n) => n % 2 === 0, 'needs an even number') }),
      parameters: { type: 'object', unevaluatedProperties: false },
      execute: ({ n }) => n / 2,
    });
    expect(await called(strict, { n: 4 })).toBe('2');
    expect(await called(strict, { n: 3 })).toBe(
      'Error: arguments.n: needs an even number. Write the call again.',
    );
  });
});

describe('a schema of another library', () => {
  const schema = (validate: StandardSchema<{ a: number }>['~standard']['validate']) => ({
    '~standard': { version: 1 as const, vendor: 'mine', validate },
  });
  const define = (validate: StandardSchema<{ a: number }>['~standard']['validate']) =>
    defineTool({
      name: 'mine',
      description: '',
      input: schema(validate),
      parameters: { type: 'object' },
      execute: ({ a }) => a,
    });

  test('may check later', async () => {
    expect(
      await called(
        define(async () => ({ value: { a: 7 } })),
        {},
      ),
    ).toBe('7');
  });

  test('names places in both ways of the standard', async () => {
    const issues = [{ message: 'odd', path: ['a', { key: 0 }] }, { message: 'empty' }];
    expect(
      await called(
        define(() => ({ issues })),
        {},
      ),
    ).toBe('Error: arguments.a.0: odd; arguments: empty. Write the call again.');
  });

  test.each([
    ['throws', () => Promise.reject(new Error('no table')), 'Error: no table'],
    ['hangs', () => new Promise<never>(() => {}), 'Error: tool mine: needs to answer within 50 ms'],
  ])('that %s is told to the model', async (_, validate, message) => {
    expect(await called(define(validate), {})).toContain(message);
  });

  test('needs a description for the model', () => {
    const input = schema(() => ({ value: { a: 1 } }));
    expect(() => defineTool({ name: 'x', description: '', input, execute: () => 1 })).toThrow(
      'defineTool: needs a JSON Schema that describes the arguments of x, got none from mine.',
    );
  });
});

test('a schema that has no JSON Schema is refused with the reason and the remedy', () => {
  const dated = z.object({ at: z.date() });
  expect(() => defineTool({ name: 'x', description: '', input: dated, execute: () => 1 })).toThrow(
    /arguments of x, got an error from zod: Date cannot .+ Pass parameters/,
  );
});

test('something else than a schema is refused', () => {
  const input = { type: 'object' } as unknown as StandardSchema;
  expect(() => defineTool({ name: 'x', description: '', input, execute: () => 1 })).toThrow(
    'defineTool: needs a Standard Schema as the input of x, got none.',
  );
});
