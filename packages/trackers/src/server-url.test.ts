import { expect, it } from 'vitest';
import { serverUrl } from './server-url.js';

it('is the address without its last slash', () => {
  expect(serverUrl('mlflow', 'http://127.0.0.1:5000/')).toBe('http://127.0.0.1:5000');
  expect(serverUrl('mlflow', 'https://host/mlflow/?x=1')).toBe('https://host/mlflow');
});

it('refuses what is no server, and a login, which it does not repeat', () => {
  expect(() => serverUrl('mlflow', '')).toThrow('mlflow: needs the address of a server');
  expect(() => serverUrl('mlflow', 'file:///mlruns')).toThrow('got file:.');
  expect(() => serverUrl('mlflow', 'https://me:hunter2@host')).toThrow(
    'mlflow: needs an address without a login, got one for host. Put it into the environment.',
  );
});
