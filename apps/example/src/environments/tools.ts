/**
 * Tools whose arguments a zod schema checks, converts and types; two calls in one message, and a wrong one.
 *
 *   npm run environment -- src/environments/tools.ts
 */
import { arithmeticTasks, defineTool, toolEnv } from '@grpo/envs';
import { z } from 'zod';
import { call, play } from './play.js';

const add = defineTool({
  name: 'add',
  description: 'Adds two whole numbers.',
  input: z.object({ a: z.number().int(), b: z.number().int() }),
  execute: ({ a, b }) => a + b,
});
const convert = defineTool({
  name: 'to_words',
  description: 'Writes the digits of a number as words.',
  input: z.object({ number: z.string().regex(/^\d+$/).transform(Number) }),
  execute: ({ number }) => [...String(number)].map((digit) => WORDS[Number(digit)]).join(' '),
  timeoutMs: 1000,
});
const WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

const env = toolEnv({ tools: [add, convert], maxTurns: 4 });
const [task] = arithmeticTasks({ seed: 42, count: 1 }).tasks;
await play(env(task), task, ([, question], turn) => {
  const [a, b] = question.content.split('+').map(Number);
  if (turn === 0) return call('add', { a, b: String(b) }); // a text is no number
  if (turn === 1) return call('add', { a, b }) + call('to_words', { number: String(b) });
  return `<answer>${a + b}</answer>`;
});
