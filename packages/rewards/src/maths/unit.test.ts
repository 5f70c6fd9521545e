import { expect, test } from 'vitest';
import { splitUnit } from './unit.js';

test.each([
  ['5 "cm"', '5', 'cm'],
  ['5 cm^2', '5', 'cm2'],
  ['12 apples', '12', 'apple'],
  ['$5', '5', ''],
  ['-$5.00', '-5.00', ''],
  ['90"degree"', '90', 'degree'],
  ['60 km/h', '60', 'km/h'],
  ['2 pi', '2 pi', ''],
  ['5x', '5x', ''],
  ['apples', 'apples', ''],
])('%s is %s in "%s"', (text, value, unit) => {
  expect(splitUnit(text)).toEqual({ value, unit });
});
