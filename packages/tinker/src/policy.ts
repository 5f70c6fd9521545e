import type {
  ForwardBackward,
  LogProbLoss,
  OptimStep,
  OptimStepResult,
  StatisticsRequest,
  TokenBatch,
} from '@grpo/policy';
import { adamParams } from './adam-params.js';
import { assertWeightsPath, readCheckpointFile, writeCheckpointFile } from './checkpoint-file.js';
import { findReduction } from './find-reduction.js';
import { datumOf } from './protocol/datum.js';
import { createRemoteModel, type RemoteModel } from './remote-model.js';
import { createRemoteSampler } from './sampler.js';
import { carrierFor, type GradientRow, surrogateData } from './surrogate.js';
import { scattered, type TokenRow, tokenRows } from './token-rows.js';
import { messageOf } from './transport/tinker-error.js';
import type { TinkerClient, TinkerPolicy, TinkerPolicyOptions } from './types.js';
import { createWeightsLock } from './weights-lock.js';

/** SDK's default: small enough for any server, large enough for reinforcement learning. */
const RANK = 32;

/**
 * A low-rank adapter on a server, trained through its per-token log-probs by any loss of log-probs.
 *
 * `forwardBackward` asks the server for log-probs, takes the loss here and keeps its gradient here; `optimStep` sends
 * the gradients of the whole step as a surrogate (see `surrogateData`) with the step of Adam. So `discardGradients`
 * leaves nothing behind on the server, and micro-batches give the gradient of one batch. It costs one more forward
 * pass on the server than a loss that the server knows.
 *
 * Losses of entropies or of whole distributions are refused: the protocol tells log-probs of the targets alone.
 * `save` writes a small file that says where on the server the checkpoint is. `load` takes such a folder or a
 * `tinker://` path; the optimizer comes along where it was saved.
 *
 * After an error in the middle of a step the server may hold a part of it: everything but `load` then throws.
 *
 * @throws where the reduction cannot be found out, or the carrier does not fit it
 */
export async function tinkerPolicy(
  client: TinkerClient,
  {
    baseModel,
    rank = RANK,
    seed,
    reduction: askedReduction = 'probe',
    carrier: askedCarrier,
    contextLength,
  }: TinkerPolicyOptions,
): Promise<TinkerPolicy> {
  if (!(Number.isInteger(rank) && rank > 0)) {
    throw new Error(`tinkerPolicy: needs a rank of at least 1, got ${rank}. Usual is ${RANK}.`);
  }
  const lora = { baseModel, rank, seed };
  const reduction =
    askedReduction === 'probe' ? await findReduction(client, { baseModel, rank }) : askedReduction;
  const carrier = carrierFor(reduction, askedCarrier);
  const lock = createWeightsLock();
  let model = await createRemoteModel(client, lora);
  let held: GradientRow[] | undefined;
  let broken: string | undefined;
  let published: Promise<string> | undefined;

  function needWhole(caller: string): void {
    if (broken === undefined) return;
    throw new Error(
      `${caller}: needs the weights of a whole step, got a step that broke off (${broken}). Load the last checkpoint.`,
    );
  }

  async function forward(caller: string, rows: readonly TokenRow[]) {
    needWhole(caller);
    if (rows.length === 0) return [];
    return model.forward(rows.map(({ ids, weights }) => datumOf(ids, { weights })));
  }

  /** A sampling session on the weights of now. */
  function session(): Promise<string> {
    needWhole('sample');
    if (published === undefined) {
      const publishing = model.publish();
      published = publishing;
      publishing.catch(() => {
        if (published === publishing) published = undefined; // the next call tries anew
      });
    }
    return published;
  }

  return {
    get modelId() {
      return model.id;
    },
    rank,
    reduction,
    carrier,

    logProbs(batch) {
      return lock.use(async () => {
        const rows = tokenRows('logProbs', batch);
        return scattered(rows, await forward('logProbs', rows), batch);
      });
    },

    forwardBackward(batch: TokenBatch, loss: LogProbLoss, request: StatisticsRequest = {}) {
      return lock.use(async (): Promise<ForwardBackward> => {
        if (request.distributionKl) {
          throw new Error(
            'forwardBackward: needs a loss of log-probs, got one of whole distributions, which the server does not tell. Choose another KL estimator.',
          );
        }
        const rows = tokenRows('forwardBackward', batch);
        const told = await forward('forwardBackward', rows);
        const logProbs = scattered(rows, told, batch);
        const { loss: value, gradLogProbs, gradEntropies, metrics = {} } = loss(logProbs);
        if (gradLogProbs.length !== logProbs.length) {
          throw new Error(
            `forwardBackward: needs a gradient of ${logProbs.length} numbers, got ${gradLogProbs.length}. Return one per token of the batch.`,
          );
        }
        if (gradEntropies?.some((g) => g !== 0)) {
          throw new Error(
            'forwardBackward: needs a loss of log-probs, got a gradient for entropies, which the server does not take. Leave out the entropy term.',
          );
        }
        const gradients = rows.map(({ ids, start, weights }, r) => ({
          ids,
          logProbs: told[r],
          gradients: weights.map((weight, t) => (weight === 1 ? gradLogProbs[start + t + 1] : 0)),
        }));
        if (gradients.length > 0) held = [...(held ?? []), ...gradients];
        return { loss: value, metrics, logProbs };
      });
    },

    optimStep(options: OptimStep) {
      return lock.change(async (): Promise<OptimStepResult> => {
        needWhole('optimStep');
        if (held === undefined) {
          throw new Error('optimStep: needs gradients, got none. Call forwardBackward first.');
        }
        const adam = adamParams(options);
        if (reduction === 'skyrl-jax' && adam.weightDecay !== 0) {
          throw new Error(
            `optimStep: needs a weightDecay of 0, got ${adam.weightDecay}. SkyRL's JAX server decays every adapter that it holds, those of others and the reference too.`,
          );
        }
        const rows = held;
        held = undefined;
        if (rows.some(({ gradients }) => !gradients.every(Number.isFinite))) {
          return { gradNorm: Number.NaN, skipped: true }; // as a policy here does; nothing was sent
        }
        // A row without gradient changes nothing; a step needs one row at least.
        const teaching = rows.filter(({ gradients }) => gradients.some((g) => g !== 0));
        const sent = teaching.length > 0 ? teaching : rows.slice(0, 1);
        published = undefined; // from the first request on: a step that breaks off may have been taken
        try {
          return await model.step(surrogateData(sent, carrier, reduction), carrier, adam);
        } catch (error) {
          broken = messageOf(error);
          throw error;
        }
      });
    },

    discardGradients() {
      held = undefined;
    },

    save(folder, { optimizer = false } = {}) {
      return lock.use(async () => {
        needWhole('save');
        const path = await model.save();
        await writeCheckpointFile(folder, { path, baseModel, rank, optimizer });
      });
    },

    load(from) {
      return lock.change(async () => {
        const { path, optimizer } = await checkpointAt(from);
        // A model loads weights only as its first request.
        const other: RemoteModel = model.isFresh ? model : await createRemoteModel(client, lora);
        try {
          await other.load(path, optimizer);
        } catch (error) {
          if (other === model) broken = messageOf(error);
          else await other.unload().catch(() => {});
          throw error;
        }
        const old = model;
        model = other;
        held = undefined;
        broken = undefined;
        published = undefined;
        if (old !== other) await old.unload().catch(() => {}); // it may be gone with its server
      });
    },

    sampler() {
      return createRemoteSampler(client, (task) => lock.use(async () => task(await session())), {
        contextLength,
      });
    },

    async frozenSampler() {
      if (reduction === 'skyrl-jax') {
        throw new Error(
          "frozenSampler: needs a server that samples beside training, got SkyRL's JAX backend, whose samples come from the weights in training. Leave out overlapsRollouts.",
        );
      }
      const samplingSessionId = await lock.use(session);
      return createRemoteSampler(client, (task) => task(samplingSessionId), { contextLength });
    },

    dispose: () => lock.change(() => model.unload()),
  };

  async function checkpointAt(from: string) {
    if (from.startsWith('tinker://')) {
      assertWeightsPath(from);
      return { path: from, optimizer: true };
    }
    const file = await readCheckpointFile(from);
    if (file.baseModel !== baseModel || file.rank !== rank) {
      throw new Error(
        `load: needs a checkpoint of ${baseModel} with rank ${rank}, got one of ${file.baseModel} with rank ${file.rank}. Open the policy as it was saved.`,
      );
    }
    return file;
  }
}
