import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Beside dist and src alike: Python is published as it stands in src. */
const CLIENT = new URL('../../src/trl/grpo_client.py', import.meta.url);

/**
 * The text of `grpo_client.py`: sessions and rewards of a served environment for Python, without any package.
 *
 * @example
 * writeFileSync('grpo_client.py', pythonClient());
 */
export function pythonClient(): string {
  return readFileSync(fileURLToPath(CLIENT), 'utf8');
}
