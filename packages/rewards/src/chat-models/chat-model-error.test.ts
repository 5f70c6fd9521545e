import { expect, test } from 'vitest';
import { ChatModelError, failureKind, isRetryable } from './chat-model-error.js';

test('what another call may mend is retryable, a refusal or a wrong key is not', () => {
  const kinds = ['rate-limited', 'server', 'connection', 'timeout', 'malformed'] as const;
  expect(kinds.map((kind) => isRetryable(new ChatModelError(kind, '')))).toEqual([
    true,
    true,
    true,
    true,
    true,
  ]);
  const final = ['client', 'refused', 'too-large', 'breaker-open'] as const;
  expect(final.some((kind) => isRetryable(new ChatModelError(kind, '')))).toBe(false);
});

test('anything else that was thrown is of the kind other and not retryable', () => {
  expect(failureKind('a text')).toBe('other');
  expect(isRetryable(new TypeError('a bug'))).toBe(false);
});
