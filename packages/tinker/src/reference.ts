import { datumOf } from './protocol/datum.js';
import { createRemoteModel } from './remote-model.js';
import { scattered, tokenRows } from './token-rows.js';
import type { TinkerClient, TinkerReference } from './types.js';

export interface TinkerReferenceOptions {
  readonly baseModel: string;
  /** Rank of an adapter that is never trained: 1 suffices, unless the server wants all of one rank. Default 1. */
  readonly rank?: number;
}

/**
 * The base model as a frozen reference: a second adapter that is never stepped. A new adapter adds nothing, since
 * one of its two factors begins at zero, so its log-probs are those of the base model.
 *
 * SkyRL on FSDP has room for one model and therefore for no reference.
 */
export async function tinkerReference(
  client: TinkerClient,
  { baseModel, rank = 1 }: TinkerReferenceOptions,
): Promise<TinkerReference> {
  const model = await createRemoteModel(client, { baseModel, rank });
  return {
    async logProbs(batch) {
      const rows = tokenRows('logProbs', batch);
      if (rows.length === 0) return scattered([], [], batch);
      const told = await model.forward(rows.map(({ ids, weights }) => datumOf(ids, { weights })));
      return scattered(rows, told, batch);
    },
    dispose: () => model.unload(),
  };
}
