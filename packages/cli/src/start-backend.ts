import { type BackendInfo, type BackendName, initBackend } from '@grpo/tensor';
import { CommandError, EXIT, messageOf } from './command-error.js';

/**
 * Starts the backend that a flag, an experiment or GRPO_BACKEND asks for, in this order.
 *
 * @throws CommandError (backend) where it does not start
 */
export async function startBackend(name: BackendName | undefined): Promise<BackendInfo> {
  try {
    return await initBackend(name);
  } catch (error) {
    throw new CommandError(
      EXIT.backend,
      `${messageOf(error)} See what this machine has with: grpo doctor`,
      { cause: error },
    );
  }
}
