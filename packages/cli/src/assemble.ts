import { resolve } from 'node:path';
import { type Dataset, singleTurn } from '@grpo/envs';
import { createChatFormat, createTokenizer, LanguageModel } from '@grpo/policy';
import { presetNamed, type TrainerOptions } from '@grpo/trainer';
import { resolveRewards } from './named-rewards.js';
import { readDataset } from './read-dataset.js';
import type { Experiment } from './types.js';

/** An experiment with its models opened and its data read. */
export interface Assembled {
  readonly policy: LanguageModel;
  readonly parts: TrainerOptions['parts'];
  readonly evalDataset: Dataset | undefined;
  readonly dispose: () => void;
}

/**
 * Opens what an experiment names. The backend has started.
 *
 * @param folder what its paths are relative to
 * @param modelFolder a model to be opened instead of the experiment's, such as that of a checkpoint
 */
export async function assemble(
  experiment: Experiment,
  folder: string,
  modelFolder?: string,
): Promise<Assembled> {
  const { dataset, env = singleTurn(), advantage, loss, critic } = experiment;
  const rewards = resolveRewards(experiment.rewards);
  const tasks = await datasetOf(dataset, folder);
  const evalDataset = await datasetOf(experiment.evalDataset, folder);
  const open = () =>
    modelFolder === undefined
      ? openModel(experiment, folder)
      : LanguageModel.open(
          modelFolder,
          experiment.modelOptions?.precision
            ? { precision: experiment.modelOptions.precision }
            : {},
        );
  const policy = open();
  const frozen = needsReference(experiment) ? referenceOf(experiment, policy, open) : undefined;
  const { textFiles } = policy;
  const chat = createChatFormat(textFiles, createTokenizer(textFiles), experiment.chat);
  return {
    policy,
    evalDataset,
    parts: {
      policy,
      chat,
      dataset: tasks,
      env,
      rewards,
      ...(frozen && { reference: frozen.model }),
      ...(advantage !== undefined && { advantage }),
      ...(loss !== undefined && { loss }),
      ...(critic && { critic: critic(policy) }),
    },
    dispose: () => {
      policy.dispose();
      frozen?.dispose();
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

/** Whether a KL term asks for the first weights. */
export function needsReference(experiment: Experiment): boolean {
  const { reference, preset, config } = experiment;
  if (reference !== undefined) return reference;
  const loss = experiment.loss ?? (preset && presetNamed(preset).loss);
  const beta = typeof loss === 'object' && 'name' in loss ? (loss as { beta?: unknown }).beta : 0;
  const isPulled = typeof beta === 'number' && beta > 0;
  return isPulled || (config?.rewardKlCoefficient ?? 0) > 0 || config?.syncRefModel === true;
}

/** The weights under the adapters are the first ones already; a model that trains them all is opened twice. */
function referenceOf(experiment: Experiment, policy: LanguageModel, open: () => LanguageModel) {
  const { lora, adapter } = experiment.modelOptions ?? {};
  if (lora && adapter === undefined && !experiment.config?.syncRefModel)
    return { model: policy.reference(), dispose: () => {} };
  const model = open();
  return { model, dispose: () => model.dispose() };
}

async function datasetOf<T>(given: T | string, folder: string): Promise<T | Dataset> {
  return typeof given === 'string' ? readDataset(resolve(folder, given)) : given;
}
