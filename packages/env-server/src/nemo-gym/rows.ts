import { probeEnvironment } from '../session/served.js';
import type { ServedEnvironment } from '../types.js';

/**
 * The tasks as rows of NeMo Gym: `responses_create_params` with the conversation and the tools, and the id of the task,
 * by which the server knows them again.
 *
 * @throws as `serveEnv`, where the environment cannot be served
 * @example writeJsonl('rows.jsonl', await nemoGymRows({ name: 'shop', env, dataset }));
 */
export async function nemoGymRows(
  environment: ServedEnvironment,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { tools = [] } = await probeEnvironment(environment);
  const offered = tools.map(({ name, description, parameters }) => ({
    type: 'function',
    name,
    description,
    parameters,
    strict: false,
  }));
  return environment.dataset.tasks.map(({ id, messages }) => ({
    task: id,
    responses_create_params: {
      input: messages.map(({ role, content }) => ({ role, content })),
      ...(offered.length > 0 && { tools: offered, parallel_tool_calls: true }),
    },
  }));
}
