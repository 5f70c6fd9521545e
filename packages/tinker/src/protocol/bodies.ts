/** The bodies of requests, documented keys alone: the hosted service refuses others. */
import type {
  AdamParams,
  Carrier,
  Datum,
  LoraRequest,
  Numbered,
  SampleParams,
  SampleSource,
  SampleTarget,
} from '../types.js';

export const VERSION = 'grpo-0.0.0';

export const sessionBody = (tags: readonly string[]) => ({
  tags,
  user_metadata: null,
  sdk_version: VERSION,
  type: 'create_session',
});

export const heartbeatBody = (sessionId: string) => ({
  session_id: sessionId,
  type: 'session_heartbeat',
});

export const modelBody = (
  sessionId: string,
  number: number,
  { baseModel, rank, seed }: LoraRequest,
) => ({
  session_id: sessionId,
  model_seq_id: number,
  base_model: baseModel,
  user_metadata: null,
  lora_config: {
    rank,
    ...(seed !== undefined && { seed }),
    train_unembed: true,
    train_mlp: true,
    train_attn: true,
  },
  type: 'create_model',
});

export const unloadBody = (modelId: string) => ({ model_id: modelId, type: 'unload_model' });

export const forwardBody = ({ modelId, seqId }: Numbered, data: readonly Datum[]) => ({
  model_id: modelId,
  forward_input: { data, loss_fn: 'cross_entropy' },
  seq_id: seqId,
});

export const forwardBackwardBody = (
  { modelId, seqId }: Numbered,
  data: readonly Datum[],
  loss: Carrier,
) => ({
  model_id: modelId,
  forward_backward_input: { data, loss_fn: loss },
  seq_id: seqId,
});

export const optimStepBody = ({ modelId, seqId }: Numbered, adam: AdamParams) => ({
  model_id: modelId,
  adam_params: {
    learning_rate: adam.learningRate,
    beta1: adam.beta1,
    beta2: adam.beta2,
    eps: adam.epsilon,
    weight_decay: adam.weightDecay,
    ...(adam.maxGradNorm !== undefined && { grad_clip_norm: adam.maxGradNorm }),
  },
  seq_id: seqId,
  type: 'optim_step',
});

export const saveBody = ({ modelId, seqId }: Numbered, name: string) => ({
  model_id: modelId,
  path: name,
  type: 'save_weights',
  seq_id: seqId,
});

export const loadBody = ({ modelId, seqId }: Numbered, path: string, optimizer: boolean) => ({
  model_id: modelId,
  path,
  optimizer,
  seq_id: seqId,
  type: 'load_weights',
});

/** Publishes without a name: the checkpoint is gone with the session. */
export const publishBody = ({ modelId, seqId }: Numbered, samplingSeqId: number) => ({
  model_id: modelId,
  sampling_session_seq_id: samplingSeqId,
  seq_id: seqId,
  type: 'save_weights_for_sampler',
});

export const samplingSessionBody = (sessionId: string, number: number, source: SampleSource) => ({
  session_id: sessionId,
  sampling_session_seq_id: number,
  ...('baseModel' in source ? { base_model: source.baseModel } : { model_path: source.modelPath }),
  type: 'create_sampling_session',
});

export const sampleBody = (
  { samplingSessionId, seqId }: SampleTarget,
  ids: readonly number[],
  { maxTokens, seed, temperature, topK, topP, stopIds }: SampleParams,
) => ({
  num_samples: 1,
  prompt: { chunks: [{ type: 'encoded_text', tokens: ids }] },
  sampling_params: {
    max_tokens: maxTokens,
    seed,
    temperature,
    top_k: topK ?? -1,
    top_p: topP,
    ...(stopIds.length > 0 && { stop: stopIds }),
  },
  type: 'sample',
  sampling_session_id: samplingSessionId,
  seq_id: seqId,
});
