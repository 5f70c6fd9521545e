export { type Recording, recordedEpisode } from './chat/recording.js';
export { type ChatServer, type ServeChatOptions, serveChat } from './chat/serve-chat.js';
export type { ConnectOptions } from './client/connect.js';
export {
  type OpenEnvOptions,
  type OpenEnvOutcome,
  type OpenEnvTextOptions,
  openEnv,
  openEnvTools,
} from './client/open-env.js';
export { OpenEnvError } from './client/open-env-error.js';
export { nemoGymRows } from './nemo-gym/rows.js';
export { serveEnv } from './serve-env.js';
export { probeEnvironment } from './session/served.js';
export { pythonClient } from './trl/python-client.js';
export { pythonEnvironment } from './trl/python-environment.js';
export type * from './types.js';
