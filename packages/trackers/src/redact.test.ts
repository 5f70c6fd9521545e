import { expect, it } from 'vitest';
import { isSecretName, redact, redactText, secretsOf } from './redact.js';

it('strings under the names of secrets go, however deep, and nothing else', () => {
  const config = {
    apiKey: 'a',
    nested: [{ HF_TOKEN: 'b', credentials: { user: 'c', tries: 3 } }],
    numTokens: 12,
    maxTokens: 100,
    padToken: '<pad>',
    tokenizer: 'characters',
    key: ['d', ''],
    none: null,
  };
  expect(redact(config, { env: {} })).toEqual({
    apiKey: '[redacted]',
    nested: [{ HF_TOKEN: '[redacted]', credentials: { user: '[redacted]', tries: 3 } }],
    numTokens: 12,
    maxTokens: 100,
    padToken: '<pad>',
    tokenizer: 'characters',
    key: ['[redacted]', ''],
    none: null,
  });
  expect(config.apiKey).toBe('a');
});

it.each([
  'apiKey',
  'api_key',
  'API-KEY',
  'OPENAI_API_KEY',
  'wandbApiKey',
  'token',
  'hfToken',
  'accessToken',
  'GITHUB_TOKEN',
  'password',
  'dbPassword',
  'clientSecret',
  'Authorization',
  'session.cookie',
  'sshKey',
])('%s names a secret', (name) => {
  expect(isSecretName(name)).toBe(true);
});

it.each([
  'tokens',
  'numTokens',
  'maxCompletionTokens',
  'padToken',
  'eos_token',
  'tokenizer',
  'keyed',
  'monkey',
  'author',
  'passThreshold',
])('%s names no secret', (name) => {
  expect(isSecretName(name)).toBe(false);
});

it('secrets inside other strings go: logins, parameters, well-known shapes, values of the environment', () => {
  const env = { MY_TOKEN: 'correct-horse-battery', MODE: 'wordless-mode', SHORT_KEY: 'abc' };
  const config = {
    url: 'https://me:hunter2@host/v1?api_key=xyz&limit=3',
    command: 'serve sk-abcdefghijklmnopqrstuv --mode wordless-mode',
    header: 'Bearer abcdefgh.ijkl',
    note: 'uses correct-horse-battery and abc',
  };
  expect(redact(config, { env })).toEqual({
    url: 'https://[redacted]@host/v1?api_key=[redacted]&limit=3',
    command: 'serve [redacted] --mode wordless-mode',
    header: '[redacted]',
    note: 'uses [redacted] and abc',
  });
});

it('plain text stays as it is', () => {
  const text = 'learningRate=1e-6 at https://host:8080/a@b, "key": reward > 0.5';
  expect(redactText(text, [])).toBe(text);
});

it('a secret within a longer one leaves nothing behind', () => {
  const secrets = secretsOf({ A_TOKEN: 'abcdefgh', B_TOKEN: 'abcdefgh-ijkl' });
  expect(redactText('x abcdefgh-ijkl x', secrets)).toBe('x [redacted] x');
});
