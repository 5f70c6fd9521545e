import { format } from 'node:util';
import { expect, it, vi } from 'vitest';

/** Every example, and lines that show what it is about. */
const examples: readonly (readonly [name: string, lines: readonly (string | RegExp)[]])[] = [
  ['single-turn', ['Rewards: 1 0 0 0']],
  ['conversation', ['  user: Two cups.', '  (terminated: user_done, reward 0)']],
  [
    'tools',
    [/tool: Error: arguments\.b: .+ Write the call again\.$/, '  tool: 126', '  tool: two nine'],
  ],
  [
    'customer-service',
    [
      'The careful clerk was right with 4 of 4 customers.',
      'The generous clerk was right with 0 of 4 customers.',
    ],
  ],
  ['gymnasium', [/That is no action/, '  (terminated: completed, reward 1)']],
  ['curriculum', ['The resumed source goes on with the same tasks: true', /^step 24: level 2, /]],
];

it.each(examples)('%s runs to its end and shows what it is for', async (name, lines) => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await import(/* @vite-ignore */ `./${name}.ts`);
    const printed = log.mock.calls.map((values) => format(...values));
    for (const line of lines) {
      expect(printed).toContainEqual(typeof line === 'string' ? line : expect.stringMatching(line));
    }
  } finally {
    log.mockRestore();
  }
});
