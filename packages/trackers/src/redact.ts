/** Stands where a secret stood. */
export const REDACTED = '[redacted]';

/** Words that make a name secret wherever they stand. */
const SECRET_WORDS = new Set([
  'apikey',
  'authorization',
  'cookie',
  'credential',
  'credentials',
  'passphrase',
  'passwd',
  'password',
  'secret',
  'secrets',
]);
/** Words before `token` that mean a piece of text. */
const TEXT_TOKENS = new Set(
  'pad eos bos end start stop unk mask image audio video sep cls special text first last next turn'.split(
    ' ',
  ),
);
/** How the tokens of well-known services begin. */
const SECRET_SHAPES =
  /\b(?:sk-|hf_|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AKIA|AIza|dapi|local-)[\w-]{16,}|\bBearer\s+[\w.~+/-]{8,}=*|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g;
/** `user:password@` of an address. */
const URL_LOGIN = /(?<=\b[a-z][a-z\d+.-]*:\/\/)[^\s/@:]*:[^\s/@]*@/gi;
/** A named parameter of an address, or an assignment. */
const PARAMETER = /([\w-]+)=([^\s&"']+)/g;
/** A shorter value of an environment variable is a word, not a secret: it would be struck out of every text. */
const SHORTEST_SECRET = 8;

/**
 * A copy without secrets: strings under names such as `apiKey`, `HF_TOKEN` or `password`, and in all other strings
 * logins in addresses, tokens of well-known services, and the values of environment variables with such names.
 * Numbers and booleans stay: `numTokens` is no secret.
 *
 * @param value JSON: the config of a run, say
 */
export function redact<Value>(
  value: Value,
  { env = process.env }: { env?: Readonly<Record<string, string | undefined>> } = {},
) {
  return redacted(value, secretsOf(env)) as Value;
}

/** A text without secrets, for messages: what a server answers may repeat what it was sent. */
export function redactText(text: string, secrets: readonly string[] = secretsOf(process.env)) {
  const known = secrets.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text);
  return known
    .replace(URL_LOGIN, `${REDACTED}@`)
    .replace(SECRET_SHAPES, REDACTED)
    .replace(PARAMETER, (all, name: string) => (isSecretName(name) ? `${name}=${REDACTED}` : all));
}

/** Whether a string under this name is a secret. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '');
  const last = words.at(-1) ?? '';
  const before = words.at(-2);
  return (
    words.some((word) => SECRET_WORDS.has(word)) ||
    last === 'key' ||
    last === 'keys' ||
    (last === 'token' && (before === undefined || !TEXT_TOKENS.has(before)))
  );
}

/** The values of environment variables whose names are secret, longest first. */
export function secretsOf(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env)
    .filter(([name]) => isSecretName(name))
    .flatMap(([, value]) => (value !== undefined && value.length >= SHORTEST_SECRET ? [value] : []))
    .sort((a, b) => b.length - a.length);
}

function redacted(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return redactText(value, secrets);
  if (Array.isArray(value)) return value.map((item) => redacted(item, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isSecretName(name) ? struckOut(item, secrets) : redacted(item, secrets),
    ]),
  );
}

/** Under a secret name every string goes, however deep; under `apiKeys: {…}`, those inside too. */
function struckOut(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return value === '' ? '' : REDACTED;
  if (Array.isArray(value)) return value.map((item) => struckOut(item, secrets));
  if (typeof value !== 'object' || value === null) return redacted(value, secrets);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, struckOut(item, secrets)]),
  );
}
