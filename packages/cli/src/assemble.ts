import { resolve } from 'node:path';
import { type Dataset, singleTurn } from '@grpo/envs';
import { createChatFormat, createTokenizer } from '@grpo/policy';
import type { BackendName } from '@grpo/tensor';
import { presetNamed, type TrainerOptions } from '@grpo/trainer';
import { resolveRewards } from './named-rewards.js';
import { openLocal } from './open-local.js';
import { openRemote } from './open-remote.js';
import type { OpenedModel } from './opened-model.js';
import { readDataset } from './read-dataset.js';
import type { Experiment } from './types.js';

/** An experiment with its models opened and its data read. */
export interface Assembled extends Pick<OpenedModel, 'policy' | 'where' | 'facts' | 'dispose'> {
  readonly parts: TrainerOptions['parts'];
  readonly evalDataset: Dataset | undefined;
}

/**
 * Opens what an experiment names. The backend has started.
 *
 * @param folder what its paths are relative to
 * @param backend that has started
 * @param note is told what takes a while
 * @param checkpoint a model folder to be opened instead of the experiment's
 */
export async function assemble(
  experiment: Experiment,
  folder: string,
  backend: BackendName,
  note: (message: string) => void,
  checkpoint?: string,
): Promise<Assembled> {
  const { dataset, env = singleTurn(), advantage, loss, engine } = experiment;
  const rewards = resolveRewards(experiment.rewards);
  const tasks = await datasetOf(dataset, folder);
  const evalDataset = await datasetOf(experiment.evalDataset, folder);
  const options = { folder, checkpoint, needsReference: needsReference(experiment), backend, note };
  const { textFiles, reference, critic, sampler, ...opened } = engine
    ? await openRemote(engine, experiment, options)
    : await openLocal(experiment, options);
  const chat = createChatFormat(textFiles, createTokenizer(textFiles), experiment.chat);
  return {
    ...opened,
    evalDataset,
    parts: {
      policy: opened.policy,
      ...(sampler && { sampler }),
      chat,
      dataset: tasks,
      env,
      rewards,
      ...(reference && { reference }),
      ...(advantage !== undefined && { advantage }),
      ...(loss !== undefined && { loss }),
      ...(critic && { critic }),
    },
  };
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

async function datasetOf<T>(given: T | string, folder: string): Promise<T | Dataset> {
  return typeof given === 'string' ? readDataset(resolve(folder, given)) : given;
}
