import { existsSync, readdirSync } from 'node:fs';
import type { SaveOptions } from '@grpo/policy';
import type { BackendName } from '@grpo/tensor';
import { before, CommandError, EXIT, type ExitCode } from '../command-error.js';
import { modelTarget } from '../model-target.js';
import { openModelFolder } from '../open-local.js';
import type { Output } from '../output.js';
import { startBackend } from '../start-backend.js';
import { short } from '../text.js';

/** What `grpo export` is asked for. */
export interface ExportRequest {
  /** A run or a model folder. */
  readonly target: string;
  /** Where the model goes. */
  readonly folder: string;
  readonly checkpoint: string;
  readonly backend?: BackendName | undefined;
  readonly dtype: NonNullable<SaveOptions['dtype']>;
  /** Most gigabytes (10^9 bytes) of weights in one file. */
  readonly shardGb: number;
  /** Write the adapter alone, as PEFT reads it, instead of folding it into the model. */
  readonly keepsAdapter: boolean;
}

/** Writes a model as a Hugging Face folder; adapters are folded into the weights. */
export async function exportCommand(request: ExportRequest, output: Output): Promise<ExitCode> {
  const { folder, dtype, shardGb, keepsAdapter } = request;
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new CommandError(
      EXIT.taken,
      `grpo export: needs an empty folder or none, got ${folder}, which holds files. Choose another.`,
    );
  }
  const target = await modelTarget(request.target, request.checkpoint, output.note);
  await startBackend(request.backend);
  const model = await before(EXIT.usage, () => openModelFolder(target.folder));
  try {
    const hasAdapter = model.trainedParameterCount < model.parameterCount;
    if (keepsAdapter && !hasAdapter) {
      throw new CommandError(
        EXIT.usage,
        `grpo export: --adapter needs a model with an adapter, got ${target.folder}, which has none. Leave it out.`,
      );
    }
    const isMerged = hasAdapter && !keepsAdapter;
    await model.save(folder, { dtype, maxShardSize: shardGb * 1e9, merged: isMerged });
    const weights = `${short(model.parameterCount / 1e6)} M weights`;
    output.json({
      model: target.folder,
      folder,
      isMerged,
      dtype,
      parameters: model.parameterCount,
    });
    output.line(
      `Wrote ${folder}: ${weights}${isMerged ? ', the adapter folded in' : ''}, ${dtype}, from ${target.folder}.`,
    );
    return EXIT.done;
  } finally {
    model.dispose();
  }
}
