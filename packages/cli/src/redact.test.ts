import { expect, it } from 'vitest';
import { redact } from './redact.js';

it('values of secret variables are replaced by their names, wherever they stand', () => {
  const env = { OPENAI_API_KEY: 'sk-12345678', PATH: '/usr/bin/long' };
  expect(redact('sk-12345678 at /usr/bin/long: sk-12345678', env)).toBe(
    '[OPENAI_API_KEY] at /usr/bin/long: [OPENAI_API_KEY]',
  );
});

it('of two secrets that begin alike the longer is taken whole', () => {
  const env = { A_TOKEN: 'abcdefgh', B_TOKEN: 'abcdefghij' };
  expect(redact('abcdefghij', env)).toBe('[B_TOKEN]');
});

it('short values are words that stand in texts by themselves', () => {
  expect(redact('the key is on', { SSH_KEY: 'on' })).toBe('the key is on');
});
