import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readTextFiles } from '@grpo/policy';
import { connectTinker, type TinkerClient, tinkerPolicy, tinkerReference } from '@grpo/tinker';
import { before, CommandError, EXIT } from './command-error.js';
import type { OpenedModel, OpenOptions } from './opened-model.js';
import type { Experiment, TinkerEngine } from './types.js';

/**
 * Opens the model of an experiment on a server. Here are only its tokenizer, its chat template and the numbers.
 *
 * @throws CommandError (backend) where the server cannot be reached or refuses
 */
export async function openRemote(
  engine: TinkerEngine,
  experiment: Experiment,
  { folder, checkpoint, needsReference, note }: OpenOptions,
): Promise<OpenedModel> {
  if (engine.name !== 'tinker') {
    throw new CommandError(
      EXIT.usage,
      `grpo: needs tinker as the name of the engine, got ${engine.name}.`,
    );
  }
  const { url = process.env.TINKER_BASE_URL, rank, reduction, carrier } = engine;
  if (!url) throw wrong('a url in engine or in TINKER_BASE_URL, got none. Add it.');
  for (const field of ['modelOptions', 'critic'] as const) {
    if (experiment[field] === undefined) continue;
    throw wrong(`no ${field}, got them. They are for a model in this process; leave them out.`);
  }
  const { textFiles, contextLength } = filesOf(experiment.model, folder);
  note(`Connecting to ${url}.`);
  return before(EXIT.backend, async () => {
    const client = await connectTinker({ url, apiKey: process.env.TINKER_API_KEY });
    try {
      const baseModel = engine.baseModel ?? (await onlyModel(client));
      const policy = await tinkerPolicy(client, {
        baseModel,
        rank,
        seed: experiment.config?.seed ?? 0,
        reduction,
        carrier,
        contextLength,
      });
      if (checkpoint !== undefined) await policy.load(checkpoint);
      const reference = needsReference
        ? await tinkerReference(client, { baseModel, rank: policy.rank })
        : undefined;
      return {
        policy,
        textFiles,
        reference,
        where: `Server: ${url}, ${baseModel}, rank ${policy.rank}, reduction ${policy.reduction}`,
        facts: {
          backend: 'tinker',
          model: baseModel,
          server: url,
          rank: policy.rank,
          reduction: policy.reduction,
        },
        dispose: async () => {
          await Promise.allSettled([policy.dispose(), reference?.dispose()]);
          client.close();
        },
      };
    } catch (error) {
      client.close();
      throw error;
    }
  });
}

async function onlyModel(client: TinkerClient): Promise<string> {
  const names = await client.models();
  if (names.length === 1) return names[0];
  throw wrong(`baseModel in engine, got none. The server has ${names.join(', ') || 'no model'}.`);
}

/** What this process needs of a model that is elsewhere. */
function filesOf(model: Experiment['model'], folder: string) {
  if (typeof model !== 'string') {
    return { textFiles: model.textFiles, contextLength: contextLengthOf(model.configJson) };
  }
  const place = resolve(folder, model);
  const config = join(place, 'config.json');
  const json = existsSync(config) ? JSON.parse(readFileSync(config, 'utf8')) : {};
  return { textFiles: readTextFiles(place), contextLength: contextLengthOf(json) };
}

/** Not every architecture that a server runs is known here, so one number is read and no more. */
function contextLengthOf(configJson: Readonly<Record<string, unknown>>): number | undefined {
  const { max_position_embeddings: length, text_config: text } = configJson;
  if (typeof length === 'number') return length;
  return typeof text === 'object' && text !== null ? contextLengthOf({ ...text }) : undefined;
}

function wrong(needs: string): CommandError {
  return new CommandError(EXIT.usage, `grpo: engine tinker needs ${needs}`);
}
