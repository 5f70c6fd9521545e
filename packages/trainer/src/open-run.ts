import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { MovingModel } from '@grpo/policy';
import { latestCheckpoint, restoreWeights, type WeightedParts } from './checkpoint.js';
import { checkSameConfig, resolveConfig } from './config.js';
import type { RunEvent } from './events.js';
import { keepJsonLinesUpTo } from './json-lines.js';
import { memoriesOf, restoreMemories } from './memories.js';
import { messageOf } from './message-of.js';
import { readMetrics } from './metrics-file.js';
import { presetNamed } from './presets.js';
import { resolveParts } from './resolve-parts.js';
import { describeRun } from './run-description.js';
import { type RunFiles, runFiles } from './run-files.js';
import { lockRun } from './run-lock.js';
import type { TrainerOptions } from './trainer-options.js';
import type { MetricsRecord, TrainConfig, TrainParts, TrainState } from './types.js';

/** What opening a run has to tell. */
export interface Notice extends Pick<RunEvent, 'level' | 'event' | 'message' | 'fields'> {
  /** To a person, too; else it is only written down. */
  readonly isSaid: boolean;
}

/** A run whose folder is locked, at the step that it begins with. */
export interface OpenedRun {
  readonly parts: TrainParts;
  readonly config: TrainConfig;
  readonly files: RunFiles;
  readonly weighted: WeightedParts;
  readonly state: TrainState;
  readonly records: readonly MetricsRecord[];
  readonly notices: readonly Notice[];
  readonly unlock: () => void;
}

/**
 * Resolves names, checks the configuration, locks the folder and, with `resume`, restores the newest whole checkpoint.
 * Records after it are cut off: they will be written again.
 *
 * @throws before anything is written, where a part or a number is wrong or the folder is not free
 */
export async function openRun(options: TrainerOptions): Promise<OpenedRun> {
  const { folder, resume = false } = options;
  const preset = options.preset === undefined ? undefined : presetNamed(options.preset);
  const config = resolveConfig({ ...preset?.config, ...options.config });
  const { advantage = preset?.advantage, loss = preset?.loss, ...others } = options.parts;
  if (advantage === undefined || loss === undefined) {
    throw new Error(
      'Trainer.start: needs an advantage and a loss, got neither them nor a preset. Pass parts.advantage and parts.loss, or preset.',
    );
  }
  const parts = resolveParts({ ...others, advantage, loss });
  const weighted = weightedParts(parts, config);
  const files = runFiles(folder);
  const notices: Notice[] = [];
  const warn = (event: Notice['event']) => (message: string) =>
    notices.push({ level: 'warning', event, message, isSaid: true });

  mkdirSync(files.checkpoints, { recursive: true });
  const unlock = lockRun(folder, warn('lock-taken-over'));
  try {
    const damaged: string[] = [];
    const checkpoint = resume
      ? await latestCheckpoint(files.checkpoints, (message) => damaged.push(message))
      : undefined;
    if (damaged.length > 0 && !checkpoint) {
      throw new Error(
        `train: needs a whole checkpoint in ${files.checkpoints}, got ${damaged.length} and all damaged. Restore one, or start a new run in another folder.`,
      );
    }
    damaged.forEach(warn('checkpoint-damaged'));
    if (checkpoint) {
      checkSameConfig(readConfig(files.config), config);
      replaceJson(files.config, config); // fields such as maxSteps may have changed
      await restoreWeights(weighted, checkpoint);
      restoreMemories(parts, checkpoint.state.memories ?? {});
    } else {
      if (!resume && readMetrics(files.metrics).length > 0) {
        throw new Error(
          `train: needs an empty folder, got ${folder}, which holds a run. Resume it, or choose another folder.`,
        );
      }
      if (!resume) rmSync(files.events, { force: true });
      writeJson(files.config, config);
      const { rewards } = parts;
      const described = { advantage, loss, rewards, preset: options.preset };
      writeJson(files.run, describeRun(described, options.facts));
    }
    const state = checkpoint?.state ?? { step: 0, tokens: 0, memories: memoriesOf(parts) };
    for (const path of [files.metrics, files.episodes]) {
      closeSync(openSync(path, 'a')); // there from the start, for whoever watches
      keepJsonLinesUpTo(path, state.step);
    }
    notices.push(
      checkpoint
        ? {
            level: 'info',
            event: 'resumed',
            message: `Resuming after step ${state.step} of ${config.maxSteps}.`,
            fields: { maxSteps: config.maxSteps },
            isSaid: true,
          }
        : {
            level: 'info',
            event: 'started',
            message: `Training ${config.maxSteps} steps.`,
            fields: { maxSteps: config.maxSteps },
            isSaid: false,
          },
    );
    const records = readMetrics(files.metrics);
    return { parts, config, files, weighted, state, records, notices, unlock };
  } catch (error) {
    unlock();
    throw error;
  }
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`, { flush: true });
}

/** Writes aside and renames, so that the file is there whole at any moment. */
function replaceJson(path: string, value: unknown): void {
  writeJson(`${path}.writing`, value);
  renameSync(`${path}.writing`, path);
}

/** What a checkpoint holds; refuses a reference that is to move and cannot. */
function weightedParts(parts: TrainParts, { syncRefModel }: TrainConfig): WeightedParts {
  if (!syncRefModel) return parts;
  const { reference } = parts;
  if (reference === undefined || !('follow' in reference)) {
    throw new Error(
      `Trainer.start: syncRefModel needs a reference that can follow the policy, got ${reference ? 'a frozen one' : 'none'}. Open the model a second time as the reference, or leave syncRefModel out.`,
    );
  }
  return { ...parts, movingReference: reference as MovingModel };
}

function readConfig(path: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    throw new Error(
      `train: needs the configuration of the run in ${path}, got ${messageOf(error)}. Restore the file, or start a new run in another folder.`,
    );
  }
}
