import { describe, expect, test } from 'vitest';
import { BadRow, collectTasks, type DatasetOptions } from './collect-tasks.js';

function collect(rows: readonly unknown[], options?: DatasetOptions) {
  const raw = rows.map((row, i) => ({ at: `data/f:${i + 1}`, id: `f:${i + 1}`, read: () => row }));
  return collectTasks('readIt', { name: 'f', source: 'data/f' }, raw, options);
}

describe('messages', () => {
  test('a list of messages may stand in the column prompt', () => {
    const prompt = [{ role: 'user', content: 'Hi' }];
    expect(collect([{ prompt }]).tasks[0].messages).toEqual(prompt);
  });

  test('messages win over a prompt', () => {
    const messages = [{ role: 'user', content: 'Hi' }];
    expect(collect([{ prompt: 'x', messages }]).tasks[0].messages).toEqual(messages);
  });

  test.each([
    [{ prompt: '' }, 'got ""'],
    [{ prompt: null }, 'got null'],
    [{ prompt: 7 }, 'got 7'],
    [{ messages: [] }, 'got []'],
    [{ messages: 'x'.repeat(1000), prompt: [] }, null],
    [{ messages: [{ role: 'robot', content: 'x' }] }, 'got {"role":"robot","content":"x"}'],
    [{ messages: [{ role: 'user', content: 1 }] }, 'got {"role":"user","content":1}'],
    [{ messages: [null] }, 'got null'],
    [{ messages: { role: 'user', content: 'x' } }, 'in the column "messages"'],
  ])('%j is judged by what a message needs', (row, message) => {
    if (message === null) expect(collect([row]).tasks).toHaveLength(1);
    else expect(() => collect([row])).toThrow(message);
  });

  test('a long value is cut in the error', () => {
    const row = { messages: [{ role: 'user', content: ['x'.repeat(100_000)] }] };
    expect(() => collect([row])).toThrow(/^.{100,400}$/);
  });
});

describe('map', () => {
  test('builds the prompt from other columns', () => {
    const { tasks } = collect([{ question: '1+1', gold: '#### 2' }], {
      map: ({ question, gold }) => ({ prompt: question, answer: String(gold).slice(5) }),
    });
    expect(tasks[0].messages).toEqual([{ role: 'user', content: '1+1' }]);
    expect(tasks[0].row).toEqual({ prompt: '1+1', answer: '2' });
  });

  test('a function that throws is an error of its row', () => {
    const map = () => {
      throw new TypeError('no question');
    };
    expect(() => collect([{ prompt: 'x' }], { map })).toThrow(
      'readIt: needs a row that the map function takes at data/f:1, got an error from the map ' +
        'function, "no question". Correct the row or the function.',
    );
    expect(() => collect([{ prompt: 'x' }], { map, onBadRow: 'skip' })).toThrow(
      'readIt: needs at least one row, got 1 malformed in data/f (the first, f:1, needs a row',
    );
  });

  test('a function that returns no row is at fault itself', () => {
    const map = (() => undefined) as unknown as (row: object) => Record<string, unknown>;
    expect(() => collect([{ prompt: 'x' }], { map })).toThrow(
      'needs a map function that returns a row at data/f:1, got undefined.',
    );
  });
});

test.each([{}, { answer: null }, { answer: undefined }])(
  'a required column is missing in %j',
  (rest) => {
    const row = { prompt: 'x', ...rest };
    expect(() => collect([row], { columns: ['answer'] })).toThrow(
      'readIt: needs a column "answer" at data/f:1, got the columns prompt',
    );
  },
);

test('a required column may hold 0, false or an empty text', () => {
  const rows = [0, false, ''].map((answer) => ({ prompt: 'x', answer }));
  expect(collect(rows, { columns: ['answer'] }).tasks).toHaveLength(3);
});

test('only malformed rows are skipped: another error goes through', () => {
  const rows = [
    {
      at: 'f:1',
      id: 'f:1',
      read: () => {
        throw new Error('the disk is gone');
      },
    },
  ];
  const source = { name: 'f', source: 'f' };
  expect(() => collectTasks('readIt', source, rows, { onBadRow: 'skip' })).toThrow(
    /^the disk is gone$/,
  );
});

test('skipping with nothing malformed lists nothing, and stopping has no list', () => {
  expect(collect([{ prompt: 'x' }], { onBadRow: 'skip' }).skipped).toEqual([]);
  expect(collect([{ prompt: 'x' }])).not.toHaveProperty('skipped');
});

test('a BadRow says what is needed and what is there', () => {
  expect(new BadRow('a', 'b', 'c').message).toBe('needs a, got b');
});
