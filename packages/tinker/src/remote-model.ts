import { randomBytes } from 'node:crypto';
import { chunksOf } from './protocol/datum.js';
import { createQueue } from './transport/queue.js';
import { TinkerError } from './transport/tinker-error.js';
import type {
  AdamParams,
  Carrier,
  Datum,
  LoraRequest,
  Numbered,
  Submitted,
  TinkerClient,
} from './types.js';

/** A model on a server. Its requests are numbered and sent in order, each once the one before was taken. */
export interface RemoteModel {
  readonly id: string;
  /** No request was sent yet: it can still load weights. */
  readonly isFresh: boolean;
  /** Log-probs of the targets of each datum. */
  forward(data: readonly Datum[]): Promise<readonly (readonly number[])[]>;
  /** One optimizer step on the datums. All requests are sent before the first result is awaited. */
  step(data: readonly Datum[], loss: Carrier, adam: AdamParams): Promise<{ gradNorm: number }>;
  /** Writes weights and optimizer; returns their `tinker://` path. */
  save(): Promise<string>;
  load(path: string, optimizer: boolean): Promise<void>;
  /** Publishes the weights; returns a sampling session. */
  publish(): Promise<string>;
  unload(): Promise<void>;
}

/** Times that a request is sent under other names. */
const NAMES = 3;

export async function createRemoteModel(
  client: TinkerClient,
  lora: LoraRequest,
): Promise<RemoteModel> {
  const modelId = await client.createModel(lora);
  const inOrder = createQueue(1, client.limits.maxWaiting);
  let seqId = 0;
  const submit = <T>(send: (to: Numbered) => Promise<T>) =>
    inOrder(() => send({ modelId, seqId: ++seqId }));

  return {
    id: modelId,

    get isFresh() {
      return seqId === 0;
    },

    async forward(data) {
      const submitted: Submitted<readonly (readonly number[])[]>[] = [];
      for (const chunk of chunksOf(data, client.limits)) {
        submitted.push(await submit((to) => client.forward(to, chunk)));
      }
      return (await Promise.all(submitted.map(({ result }) => result))).flat();
    },

    async step(data, loss, adam) {
      const passes: Submitted<unknown>[] = [];
      for (const chunk of chunksOf(data, client.limits)) {
        passes.push(await submit((to) => client.forwardBackward(to, chunk, loss)));
      }
      const step = await submit((to) => client.optimStep(to, adam));
      await Promise.all(passes.map(({ result }) => result));
      return step.result;
    },

    save: () => renamed(() => submit((to) => client.saveWeights(to, checkpointName()))),

    load: (path, optimizer) => submit((to) => client.loadWeights(to, path, optimizer)),

    publish: () => renamed(() => submit((to) => client.publish(to))),

    unload: () => client.unloadModel(modelId),
  };
}

/** Where the answer to the first of two sends was lost, its name or number is taken: another one is as good. */
async function renamed<T>(send: () => Promise<T>): Promise<T> {
  for (let names = 1; ; names++) {
    try {
      return await send();
    } catch (error) {
      const isTaken = error instanceof TinkerError && error.status === 409;
      if (!isTaken || names === NAMES) throw error;
    }
  }
}

/** A name that no other checkpoint of the model has. */
function checkpointName(): string {
  return `grpo-${randomBytes(8).toString('hex')}`;
}
