import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Only what this server serves runs, and nothing that a model wrote can be taken for a page or a script. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/**
 * Says why a request is not answered, or undefined where it is.
 *
 * A page elsewhere may make its own name point at this machine (DNS rebinding) and so read what only this machine
 * should. Its requests carry that name, so the Host must be an address, `localhost`, or a name that was allowed.
 * Requests that a page of another origin makes say so in Origin or Sec-Fetch-Site.
 */
export function refusal(
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  allowedHosts: readonly string[] = [],
): Refusal | undefined {
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, reason: 'This server only shows: use GET.' };
  const host = headers.host ?? '';
  const name = hostName(host);
  if (name === undefined || !isAllowed(name, allowedHosts)) {
    return {
      status: 403,
      reason: `serveDashboard: needs the Host to be an address, localhost or an allowed name, got "${host.slice(0, 100)}". Open the address that was printed, or allow the name with allowedHosts.`,
    };
  }
  if (headers.origin !== undefined && headers.origin !== `http://${host}`)
    return { status: 403, reason: 'Another page may not read this one.' };
  const site = headers['sec-fetch-site'] ?? 'none';
  const isOpened =
    headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (site !== 'none' && site !== 'same-origin' && !isOpened)
    return { status: 403, reason: 'Another page may not read this one.' };
  return undefined;
}

/** The name in a Host header, without its port; undefined where it is none. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([\da-f:.]+)\]|([a-z\d.-]+))(?::\d{1,5})?$/i.exec(host);
  return match ? (match[1] ?? match[2]).toLowerCase() : undefined;
}

function isAllowed(name: string, allowedHosts: readonly string[]): boolean {
  return (
    isIP(name) !== 0 ||
    name === 'localhost' ||
    allowedHosts.some((allowed) => allowed.toLowerCase() === name)
  );
}
