/**
 * An address without its last slash.
 *
 * @throws if it is not http or https, or holds a login: an address is shown in messages
 */
export function serverUrl(who: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Error(
      `${who}: needs the address of a server, http or https, got ${url === undefined ? 'something else' : `${url.protocol}`}. Such as http://127.0.0.1:5000.`,
    );
  if (url.username !== '' || url.password !== '')
    throw new Error(
      `${who}: needs an address without a login, got one for ${url.host}. Put it into the environment.`,
    );
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}
