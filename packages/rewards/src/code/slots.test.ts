import { expect, test } from 'vitest';
import { createSlots } from './slots.js';

/** Work that ends when told to. */
function gate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

test('no more than so many pieces of work run at once, and all run', async () => {
  const slots = createSlots(2);
  let running = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 1));
    return running--;
  };
  expect(await Promise.all(Array.from({ length: 7 }, () => slots(work)))).toHaveLength(7);
  expect(most).toBe(2);
});

test('work that fails gives its place back', async () => {
  const slots = createSlots(1);
  await expect(slots(() => Promise.reject(new Error('down')))).rejects.toThrow('down');
  expect(await slots(async () => 3)).toBe(3);
});

test('who is aborted while waiting leaves the line', async () => {
  const slots = createSlots(1);
  const { open, opened } = gate();
  const first = slots(() => opened);
  const controller = new AbortController();
  const second = slots(async () => 2, controller.signal);
  const third = slots(async () => 3);
  controller.abort(new Error('no longer wanted'));
  await expect(second).rejects.toThrow('no longer wanted');
  open();
  await first;
  expect(await third).toBe(3);
});
