import { describe, expect, test } from 'vitest';
import type { BreakerState } from '../types.js';
import {
  BreakerOpenError,
  type BreakerOptions,
  circuitBreaker,
  withBreaker,
} from './circuit-breaker.js';
import { functionChatModel } from './function-chat-model.js';

function setUp(options: BreakerOptions = {}) {
  let time = 0;
  const changes: string[] = [];
  const breaker = circuitBreaker({
    window: 4,
    minCalls: 4,
    coolDownMs: 100,
    probes: 2,
    now: () => time,
    onChange: (to, from) => changes.push(`${from} -> ${to}`),
    ...options,
  });
  const call = (isUp: boolean) =>
    breaker
      .run(async () => {
        if (!isUp) throw new Error('down');
        return 'up';
      })
      .catch((error: Error) => error);
  const calls = async (outcomes: readonly boolean[]) => {
    for (const isUp of outcomes) await call(isUp);
  };
  return { breaker, changes, call, calls, pass: (ms: number) => (time += ms) };
}

/** A call whose end the test decides. */
function pending() {
  let end: (isUp: boolean) => void = () => {};
  const promise = new Promise<string>((resolve, reject) => {
    end = (isUp) => (isUp ? resolve('up') : reject(new Error('down')));
  });
  return { promise, end };
}

describe('closed', () => {
  test('it opens when the share of failures in the window is reached', async () => {
    const { breaker, calls, changes } = setUp();
    await calls([true, false, true]);
    expect(breaker.state).toBe('closed');
    await calls([false]);
    expect(breaker.state).toBe('open');
    expect(changes).toEqual(['closed -> open']);
  });

  test('failures that left the window no longer count', async () => {
    const { breaker, calls } = setUp({ window: 4, failureShare: 0.75 });
    await calls([false, false, true, true, false, false]);
    expect(breaker.state).toBe('closed');
  });

  test('it stays closed before minCalls calls', async () => {
    const { breaker, calls } = setUp({ window: 4, minCalls: 4 });
    await calls([false, false, false]);
    expect(breaker.state).toBe('closed');
  });

  test('errors that are no failure of the service, and callers who gave up, do not count', async () => {
    const { breaker, calls } = setUp({ isFailure: () => false });
    await calls([false, false, false, false, false]);
    expect(breaker.state).toBe('closed');
    const other = setUp().breaker;
    const signal = AbortSignal.abort();
    for (let i = 0; i < 6; i++)
      await other.run(() => Promise.reject(new Error()), signal).catch(() => {});
    expect(other.state).toBe('closed');
  });
});

describe('open', () => {
  test('calls are refused without being made, with the time that is left', async () => {
    const { breaker, calls, pass } = setUp();
    await calls([false, false, false, false]);
    pass(40);
    let made = 0;
    const error = await breaker.run(async () => made++).catch((error: Error) => error);
    expect(error).toBeInstanceOf(BreakerOpenError);
    expect(error).toMatchObject({
      kind: 'breaker-open',
      message: expect.stringContaining('60 ms'),
    });
    expect(made).toBe(0);
  });

  test('a call that began before it opened says nothing about what came after', async () => {
    const { breaker, calls, pass } = setUp();
    const late = pending();
    const running = breaker.run(() => late.promise).catch(() => {});
    await calls([false, false, false, false]);
    pass(100);
    const probe = pending();
    const probing = breaker.run(() => probe.promise);
    late.end(false);
    await running;
    expect(breaker.state).toBe('half-open');
    probe.end(true);
    await probing;
  });
});

describe('half-open', () => {
  test('as many successes as there are probes close it', async () => {
    const { call, calls, changes, pass } = setUp();
    await calls([false, false, false, false]);
    pass(100);
    expect(await call(true)).toBe('up');
    expect(await call(true)).toBe('up');
    expect(changes).toEqual(['closed -> open', 'open -> half-open', 'half-open -> closed']);
  });

  test('one failure opens it again for a whole cool-down', async () => {
    const { breaker, calls, call, pass } = setUp();
    await calls([false, false, false, false]);
    pass(100);
    await calls([true, false]);
    expect(breaker.state).toBe('open');
    pass(99);
    expect(await call(true)).toBeInstanceOf(BreakerOpenError);
    pass(1);
    expect(await call(true)).toBe('up');
  });

  test('no more calls than there are probes run at once, and one that is cancelled frees its place', async () => {
    const { breaker, calls, call, pass } = setUp({ probes: 1 });
    await calls([false, false, false, false]);
    pass(100);
    const gone = new AbortController();
    const probe = pending();
    const probing = breaker.run(() => probe.promise, gone.signal).catch(() => {});
    expect(await call(true)).toBeInstanceOf(BreakerOpenError);
    gone.abort();
    probe.end(false);
    await probing;
    expect(breaker.state).toBe('half-open');
    expect(await call(true)).toBe('up');
    expect(breaker.state).toBe<BreakerState>('closed');
  });
});

test('a chat model behind a breaker keeps its id and hands its signal on', async () => {
  const chatModel = withBreaker(
    functionChatModel(() => Promise.reject(new Error('down')), 'm'),
    circuitBreaker({ window: 1, minCalls: 1 }),
  );
  expect(chatModel.id).toBe('m');
  await expect(chatModel([])).rejects.toThrow('down');
  await expect(chatModel([])).rejects.toThrow(BreakerOpenError);
});

test('options out of range are refused', () => {
  expect(() => circuitBreaker({ window: 5 })).toThrow(RangeError); // minCalls is 10
  expect(() => circuitBreaker({ failureShare: 0 })).toThrow(RangeError);
});
