import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chooseSampler } from '@grpo/onnx';
import { LanguageModel, type LanguageModelOptions } from '@grpo/policy';
import { CHECKPOINT_FILE } from '@grpo/tinker';
import { CommandError, EXIT } from './command-error.js';
import type { OpenedModel, OpenOptions } from './opened-model.js';
import type { Experiment } from './types.js';

/** Opens the model of an experiment in this process. The backend has started. */
export async function openLocal(
  experiment: Experiment,
  { folder, checkpoint, needsReference, backend }: OpenOptions,
): Promise<OpenedModel> {
  const { model, modelOptions, critic } = experiment;
  const open = () => {
    if (checkpoint === undefined) return openModel(experiment, folder);
    const precision = modelOptions?.precision;
    return openModelFolder(checkpoint, precision ? { precision } : {});
  };
  const policy = open();
  const { name: samplerName, sampler } = await chooseSampler(policy, {
    choice: experiment.sampler,
    precision: modelOptions?.precision,
    isOnGpu: backend === 'gpu',
  });
  const reference = needsReference ? referenceOf(experiment, policy, open) : undefined;
  return {
    policy,
    sampler,
    textFiles: policy.textFiles,
    reference: reference?.model,
    critic: critic?.(policy),
    facts: {
      sampler: samplerName,
      model: typeof model === 'string' ? model : 'random weights',
      parameters: policy.parameterCount,
      trainedParameters: policy.trainedParameterCount,
    },
    dispose: async () => {
      policy.dispose();
      reference?.dispose();
    },
  };
}

/** The model of an experiment, from its folder or from random weights. */
export function openModel(experiment: Experiment, folder: string): LanguageModel {
  const { model, modelOptions, config } = experiment;
  if (typeof model === 'string') return LanguageModel.open(resolve(folder, model), modelOptions);
  const { configJson, textFiles, seed = config?.seed ?? 0 } = model;
  return LanguageModel.create(configJson, textFiles, seed, modelOptions);
}

/**
 * Opens a model folder, such as that of a checkpoint.
 *
 * @throws CommandError (usage) where the checkpoint is on a server
 */
export function openModelFolder(folder: string, options: LanguageModelOptions = {}): LanguageModel {
  if (existsSync(join(folder, CHECKPOINT_FILE))) {
    throw new CommandError(
      EXIT.usage,
      `grpo: needs weights in ${folder}, got ${CHECKPOINT_FILE}, which says where on a server they are. Use a config file with that engine, or take the weights from the server.`,
    );
  }
  return LanguageModel.open(folder, options);
}

/** The weights under the adapters are the first ones already; a model that trains them all is opened twice. */
function referenceOf(experiment: Experiment, policy: LanguageModel, open: () => LanguageModel) {
  const { lora, adapter } = experiment.modelOptions ?? {};
  if (lora && adapter === undefined && !experiment.config?.syncRefModel)
    return { model: policy.reference(), dispose: () => {} };
  const model = open();
  return { model, dispose: () => model.dispose() };
}
