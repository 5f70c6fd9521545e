import { expect, test } from 'vitest';
import { arithmeticTasks } from './arithmetic-tasks.js';
import { asSource, datasetSource } from './dataset-source.js';

const dataset = arithmeticTasks({ seed: 1, count: 10 });
const source = datasetSource(dataset);

test('every epoch has every task once, in an order of its own', () => {
  const first = source.take({ seed: 1, start: 0, count: 10 });
  const second = source.take({ seed: 1, start: 10, count: 10 });
  expect(new Set(first)).toEqual(new Set(dataset.tasks));
  expect(new Set(second)).toEqual(new Set(dataset.tasks));
  expect(second).not.toEqual(first);
});

test('what is taken does not depend on how it is cut into batches', () => {
  const whole = source.take({ seed: 1, start: 0, count: 35 });
  const parts = [0, 7, 14, 21, 28].flatMap((start) => source.take({ seed: 1, start, count: 7 }));
  expect(parts).toEqual(whole);
  expect(source.take({ seed: 2, start: 0, count: 35 })).not.toEqual(whole);
});

test('a dataset becomes a source, a source stays what it is', () => {
  expect(asSource(source)).toBe(source);
  expect(asSource(dataset).take({ seed: 1, start: 3, count: 2 })).toEqual(
    source.take({ seed: 1, start: 3, count: 2 }),
  );
});

test('an empty dataset is refused', () => {
  expect(() => datasetSource({ name: 'empty', tasks: [] })).toThrow(
    'datasetSource: needs at least one task, got none in empty.',
  );
});
