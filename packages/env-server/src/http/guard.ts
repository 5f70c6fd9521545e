import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.js';

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/i;

/**
 * Refuses to listen where others can reach the server and nothing keeps them out.
 *
 * @throws TypeError if the host is no loopback address and there is no token
 */
export function checkAddress(caller: string, host: string, token: string | undefined): void {
  if (token === undefined ? LOOPBACK.test(host) : token !== '') return;
  throw new TypeError(
    `${caller}: needs a token to listen on ${host}, which others can reach. Give one, or leave host out.`,
  );
}

/**
 * Lets a request in, or not. With a token: those that bring it, as a bearer or as the password of basic
 * authentication, which clients make of an address such as `http://grpo:TOKEN@host:8000`. Without one: those that
 * were sent to a name of this machine, so that no web page reaches the server by a name of its own. Pages of a
 * browser, which say where they come from, are turned away in both cases.
 *
 * @throws HttpError 401 or 403
 */
export function checkRequest({ headers }: IncomingMessage, token: string | undefined): void {
  if (headers.origin !== undefined)
    throw new HttpError(403, 'Requests of web pages are not served.');
  if (token !== undefined) {
    if (isToken(headers.authorization, token)) return;
    throw new HttpError(401, 'Send the token of this server as "Authorization: Bearer …".');
  }
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  if (LOOPBACK.test(host)) return;
  throw new HttpError(403, 'Without a token this server answers to localhost alone.');
}

/** Compares digests, so that the time it takes says nothing about the token. */
function isToken(header = '', token: string): boolean {
  const [scheme = '', value = ''] = header.split(' ', 2);
  const given =
    scheme.toLowerCase() === 'basic'
      ? Buffer.from(value, 'base64')
          .toString('utf8')
          .replace(/^[^:]*:/, '')
      : value;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
