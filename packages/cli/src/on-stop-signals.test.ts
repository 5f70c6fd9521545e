import { expect, it, vi } from 'vitest';
import { onStopSignals } from './on-stop-signals.js';

it('the first signal is told of, the second ends the process with its status', () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  const told: string[] = [];
  const listeners = process.listenerCount('SIGTERM');
  const release = onStopSignals((signal) => told.push(signal));
  try {
    process.emit('SIGTERM', 'SIGTERM');
    expect(told).toEqual(['SIGTERM']);
    expect(exit).not.toHaveBeenCalled();
    process.emit('SIGINT', 'SIGINT');
    expect(exit).toHaveBeenCalledWith(130);
  } finally {
    release();
    exit.mockRestore();
  }
  expect(process.listenerCount('SIGTERM')).toBe(listeners);
});
