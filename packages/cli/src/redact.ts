/** Names of environment variables whose values are secrets. */
const SECRET_NAME = /KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL/i;
/** Shorter values are more often a word that stands in a text by itself than a secret. */
const SHORTEST = 8;

/**
 * Replaces the values of secret environment variables, so that an error that quotes one does not tell it.
 *
 * @example redact('401 for sk-12345678', { API_KEY: 'sk-12345678' }) // '401 for [API_KEY]'
 */
export function redact(
  text: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return Object.entries(env)
    .filter(([name, value]) => SECRET_NAME.test(name) && (value?.length ?? 0) >= SHORTEST)
    .sort(([, a = ''], [, b = '']) => b.length - a.length) // of two that share a beginning, the longer
    .reduce((safe, [name, value = '']) => safe.replaceAll(value, `[${name}]`), text);
}
