import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { probeEnvironment, pythonClient, pythonEnvironment } from '@grpo/env-server';
import type { Dataset } from '@grpo/envs';
import { presetNamed, resolveConfig } from '@grpo/trainer';
import { before, CommandError, EXIT, type ExitCode } from '../command-error.js';
import { type ExperimentFile, readExperiment } from '../load-experiment.js';
import { openModel } from '../open-local.js';
import type { Output } from '../output.js';
import { readDataset } from '../read-dataset.js';
import { fieldsOf, servedOf } from '../served.js';
import { startBackend } from '../start-backend.js';
import { trainScript } from '../trl/train-script.js';
import { type Named, type TrlSettings, trlSettings } from '../trl/trl-config.js';
import type { Experiment } from '../types.js';

/** What `grpo export-trl` is asked for. */
export interface ExportTrlRequest {
  readonly folder: string;
  readonly file?: string | undefined;
}

/** Writes a folder that trains the same experiment with TRL, rewards and environment still in TypeScript. */
export async function exportTrlCommand(
  { folder, file: given }: ExportTrlRequest,
  output: Output,
): Promise<ExitCode> {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new CommandError(
      EXIT.taken,
      `grpo export-trl: needs an empty folder or none, got ${folder}, which holds files. Choose another.`,
    );
  }
  const file = await readExperiment(given);
  const experiment = (await fieldsOf(file)) as Experiment;
  const served = await servedOf(file);
  const hasEnvironment = experiment.env !== undefined;
  const { tools, rewards } = await before(EXIT.usage, () => probeEnvironment(served));
  const settings = await before(EXIT.usage, () => settingsOf(experiment, hasEnvironment));
  const environment = hasEnvironment
    ? await before(EXIT.usage, () => pythonEnvironment(tools))
    : undefined;
  const evaluation = await evaluationOf(experiment, file);
  mkdirSync(folder, { recursive: true });
  const model = await modelOf(experiment, file, folder);
  const script = trainScript({
    settings,
    model,
    rewards,
    hasEnvironment,
    hasEvaluation: evaluation !== undefined && settings.fields.eval_steps !== undefined,
  });
  const files: Readonly<Record<string, string>> = {
    'train.py': script,
    'grpo_client.py': pythonClient(),
    ...(environment !== undefined && { 'grpo_environment.py': environment }),
    'train.jsonl': rowsOf(served.dataset),
    ...(evaluation && { 'eval.jsonl': rowsOf(evaluation) }),
    'README.md': readme(served.name, settings, relative(resolve(folder), file.path)),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  output.json({ folder, files: Object.keys(files), model, ...settings });
  output.line(`Wrote ${folder}: ${Object.keys(files).join(', ')}.`);
  for (const difference of settings.differences) output.line(`  ${difference}`);
  output.line(
    `Next: grpo serve-env ${file.path}, and beside it: accelerate launch ${join(folder, 'train.py')}`,
  );
  return EXIT.done;
}

function settingsOf(experiment: Experiment, hasEnvironment: boolean): TrlSettings {
  const preset = experiment.preset === undefined ? undefined : presetNamed(experiment.preset);
  const config = resolveConfig({ ...preset?.config, ...experiment.config } as never);
  return trlSettings(config, {
    advantage: named('advantage', experiment.advantage ?? preset?.advantage),
    loss: named('loss', experiment.loss ?? preset?.loss),
    hasEnvironment,
    modelOptions: experiment.modelOptions,
  });
}

/** A part that goes by its name; a function cannot be carried over. */
function named(what: string, part: unknown): Named | undefined {
  if (part === undefined || typeof part === 'string') return part as Named | undefined;
  if (typeof part === 'object' && part !== null && 'name' in part) return part as Named;
  throw new Error(
    `grpo export-trl: needs ${what} by a name, such as 'grpo' or { name: 'grpo', beta: 0.04 }, got a function. TRL cannot call it.`,
  );
}

/** Where the script finds the model; one of random weights is written beside it. */
async function modelOf(experiment: Experiment, file: ExperimentFile, folder: string) {
  const { model } = experiment;
  if (model === undefined) return 'model';
  if (typeof model === 'string') {
    const path = resolve(file.folder, model);
    return existsSync(path) ? relative(resolve(folder), path) : model;
  }
  await startBackend(experiment.backend);
  const made = await before(EXIT.usage, () => openModel(experiment, file.folder));
  try {
    const hasAdapters = experiment.modelOptions?.lora !== undefined; // new ones, which add nothing yet
    await made.save(join(folder, 'model'), hasAdapters ? { merged: true } : {});
  } finally {
    made.dispose();
  }
  return 'model';
}

async function evaluationOf({ evalDataset }: Experiment, { folder }: ExperimentFile) {
  if (typeof evalDataset !== 'string') return evalDataset;
  return before(EXIT.usage, () => readDataset(resolve(folder, evalDataset)));
}

/** The prompt is all that TRL needs; everything else of a row stays with the rewards. */
function rowsOf({ tasks }: Dataset): string {
  return tasks
    .map(({ id, messages }) => `${JSON.stringify({ prompt: messages, task: id })}\n`)
    .join('');
}

function readme(name: string, { differences }: TrlSettings, config: string): string {
  return `# ${name}, trained with TRL

Written by \`grpo export-trl\` for TRL 1.13. The model trains here; rewards and environment stay in TypeScript.

\`\`\`sh
grpo serve-env ${config}
accelerate launch --num_processes 2 train.py
\`\`\`

\`GRPO_ENV_URL\` is the address of the server (default http://127.0.0.1:8000), \`GRPO_SERVE_TOKEN\` its token,
\`GRPO_MODEL\` another model, \`GRPO_OUTPUT\` where checkpoints go.

## What is different from grpo

${differences.map((difference) => `- ${difference}`).join('\n')}
`;
}
