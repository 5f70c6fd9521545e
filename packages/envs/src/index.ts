export {
  type ArithmeticOperator,
  type ArithmeticOptions,
  arithmeticTasks,
} from './arithmetic-tasks.js';
export type { DatasetOptions } from './collect-tasks.js';
export { type ConversationOptions, conversationEnv } from './conversation-env.js';
export { type CountdownOptions, countdownReward, countdownTasks } from './countdown.js';
export { type CsvOptions, readCsv } from './csv.js';
export { type CurriculumOptions, curriculum, levelsBy } from './curriculum.js';
export { customerServiceEnv } from './customer-service.js';
export {
  type CustomerServiceOptions,
  customerServiceTasks,
  type Resolution,
  rightResolution,
  type ShopDifficulty,
  type ShopOrder,
  shopPolicy,
} from './customer-service-tasks.js';
export { datasetFromRows } from './dataset-from-rows.js';
export { asSource, datasetSource } from './dataset-source.js';
export { defineTool, type ToolDefinition } from './define-tool.js';
export { asMember, type EnvGroup, type EnvGroupMember, envGroup } from './env-group.js';
export {
  discreteActions,
  fromGymnasium,
  type GymnasiumEnv,
  type GymnasiumOptions,
  type GymnasiumReset,
  type GymnasiumStep,
} from './from-gymnasium.js';
export { type GuessingOptions, guessingGame, guessingTasks } from './guessing-game.js';
export { readJson } from './json-file.js';
export { problems as schemaProblems } from './json-schema.js';
export { readJsonl, writeJsonl } from './jsonl.js';
export { orderly, STOP_REASONS } from './orderly.js';
export { readParquet } from './parquet.js';
export { qwenCoderToolCalls } from './qwen-coder-tool-calls.js';
export { scriptedUser } from './scripted-user.js';
export { type FromRow, type SimulatedUserOptions, simulatedUser } from './simulated-user.js';
export { singleTurn } from './single-turn.js';
export { type SortingOptions, sortingTasks } from './sorting-tasks.js';
export { type SplitOptions, splitDataset } from './split-dataset.js';
export { type StringTaskKind, type StringTaskOptions, stringTasks } from './string-tasks.js';
export { type TaskBatchOptions, taskBatch } from './task-batch.js';
export { hermesToolCalls, llamaToolCalls, mistralToolCalls } from './tool-call-formats.js';
export { type ToolEnvOptions, toolEnv } from './tool-env.js';
export type * from './types.js';
export { type TimeLimit, TimeLimitError, withinTime } from './within-time.js';
