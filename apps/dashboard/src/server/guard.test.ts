import { expect, test } from 'vitest';
import { refusal, SECURITY_HEADERS } from './guard.js';

const status = (headers: Record<string, string>, method = 'GET', allowed: string[] = []) =>
  refusal({ method, headers }, allowed)?.status;

test.each(['127.0.0.1:6007', 'localhost:6007', 'LOCALHOST', '[::1]:6007', '192.168.1.5:80'])(
  'the address %s is answered',
  (host) => {
    expect(status({ host })).toBeUndefined();
  },
);

test.each([
  'evil.example',
  'evil.example:6007',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  '',
  'a b',
  '@localhost',
])('the name "%s" is refused: it may have been made to point here', (host) => {
  expect(status({ host })).toBe(403);
});

test('a name that was allowed is answered', () => {
  expect(status({ host: 'gpu-box:6007' }, 'GET', ['GPU-Box'])).toBeUndefined();
});

test('a page of another origin reads nothing', () => {
  const host = 'localhost:6007';
  expect(status({ host, origin: 'http://localhost:6007' })).toBeUndefined();
  expect(status({ host, origin: 'http://localhost:8080' })).toBe(403);
  expect(status({ host, origin: 'null' })).toBe(403);
  expect(status({ host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).toBe(403);
  expect(status({ host, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' })).toBe(403);
});

test('a link from elsewhere opens the page, but not in a frame', () => {
  const link = { host: 'localhost', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  expect(status({ ...link, 'sec-fetch-dest': 'document' })).toBeUndefined();
  expect(status({ ...link, 'sec-fetch-dest': 'iframe' })).toBe(403);
});

test('only reading is answered', () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
    expect(status({ host: 'localhost' }, method)).toBe(405);
});

test('the policy lets no inline script, no foreign source and no markup from text through', () => {
  const policy = SECURITY_HEADERS['content-security-policy'];
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("require-trusted-types-for 'script'");
});
