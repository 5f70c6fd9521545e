import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { onStopSignals, type SignalSource } from './stop-signals.js';

function source() {
  const exits: number[] = [];
  const emitter = new EventEmitter();
  const exit = (status: number) => exits.push(status);
  return { exits, emitter, signals: Object.assign(emitter, { exit }) as unknown as SignalSource };
}

test('the first signal asks to stop, the second exits at once', () => {
  const { exits, emitter, signals } = source();
  const asked: string[] = [];
  onStopSignals((signal) => asked.push(signal), signals);
  emitter.emit('SIGTERM', 'SIGTERM');
  expect([asked, exits]).toEqual([['SIGTERM'], []]);
  emitter.emit('SIGINT', 'SIGINT');
  expect([asked, exits]).toEqual([['SIGTERM'], [130]]);
});

test('taken off, it leaves signals as they were', () => {
  const { emitter, signals } = source();
  const off = onStopSignals(() => {}, signals);
  off();
  expect(emitter.listenerCount('SIGINT') + emitter.listenerCount('SIGTERM')).toBe(0);
});
