import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createOutput } from '../output.js';
import { liveView } from './live-view.js';

/** A terminal that remembers what was written since it was last asked, and keys that can be pressed. */
function terminal(env: Readonly<Record<string, string>> = {}) {
  let written = '';
  const stdin = new PassThrough() as unknown as NodeJS.ReadStream;
  stdin.isTTY = true;
  const raw: boolean[] = [];
  stdin.setRawMode = (on) => {
    raw.push(on);
    return stdin;
  };
  const stdout = {
    isTTY: true,
    columns: 60,
    rows: 20,
    write: (text: string) => {
      written += text;
    },
  };
  const asked: string[] = [];
  const control = { stop: () => asked.push('stop'), save: () => asked.push('save') };
  const output = createOutput({ stdin, stdout, stderr: stdout, env }, false);
  const view = liveView(output, { title: 'runs/run-1', maxSteps: 4 }, control);
  return {
    view,
    raw,
    asked,
    press: (key: string) => stdin.push(key) && new Promise((done) => setImmediate(done)),
    seen: () => {
      const text = written;
      written = '';
      return text;
    },
  };
}

it('every step draws over the picture before', () => {
  const { view, seen } = terminal({ NO_COLOR: '1' });
  expect(seen()).toContain('the first step is under way');
  view.onStep({ step: 1, reward: 0.5, 'time/step': 1 });
  const drawn = seen();
  expect(drawn.startsWith('\u001b[3A\r\u001b[J')).toBe(true);
  expect(drawn).toContain('1/4  0:03 left');
  view.close();
});

it('colours are there unless NO_COLOR is', () => {
  const [coloured, plain] = [terminal(), terminal({ NO_COLOR: '1' })];
  expect(coloured.seen()).toContain('\u001b[1m');
  expect(plain.seen()).not.toContain('\u001b[1m');
  for (const { view } of [coloured, plain]) view.close();
});

it('p holds the run before its next step until p is pressed again', async () => {
  const { view, press, seen } = terminal();
  await view.gate();
  await press('p');
  let isOpen = false;
  const gate = view.gate().then(() => {
    isOpen = true;
  });
  await press('n');
  expect(isOpen).toBe(false);
  expect(seen()).toContain('paused');
  await press('p');
  await gate;
  expect(isOpen).toBe(true);
  view.close();
});

it('s asks for a checkpoint, q for the end, which also ends a pause', async () => {
  const { view, press, asked } = terminal();
  await press('s');
  await press('p');
  const gate = view.gate();
  await press('q');
  await gate;
  expect(asked).toEqual(['save', 'stop']);
  view.close();
});

it('the terminal is given back as it was', () => {
  const { view, raw, seen } = terminal();
  view.close();
  expect(raw).toEqual([true, false]);
  expect(seen().endsWith('\u001b[?25h')).toBe(true);
});
