/**
 * Glossary (B sequences, T tokens, N datums of an optimizer step)
 * - Server: speaks the Tinker REST protocol, such as SkyRL's. Session: what a client's models belong to.
 * - Model: a low-rank adapter on the server's base model, with its optimizer and the gradient that it holds.
 * - Datum: one sequence as the protocol has it: tokens, and the tokens that follow each of them (targets).
 * - Future: the server's promise of a result, fetched by polls that the server holds open.
 * - Surrogate: a loss that the server knows and that is linear in the log-probs, with our loss's gradient as slope.
 * - Carrier: which of the server's losses carries the surrogate. Reduction: what the server divides it by.
 * - Publish: to write a model's weights where samplers of the server read them.
 */
import type { LogProbModel, TrainablePolicy } from '@grpo/policy';

/**
 * How a server turns the token losses of an optimizer step into one number.
 * - `sum`: over tokens and datums. The hosted service; SkyRL on FSDP and Megatron.
 * - `skyrl-jax`: the mean over all datums of the step of each datum's mean over its tokens. SkyRL on JAX.
 */
export type Reduction = 'sum' | 'skyrl-jax';

/** Which of the server's losses carries the gradient. `skyrl-jax` divides by the weights, so needs the second. */
export type Carrier = 'cross_entropy' | 'importance_sampling';

/** Numbers as the protocol has them. */
export interface WireTensor {
  readonly data: readonly number[];
  readonly dtype: 'float32' | 'int64';
  readonly shape: readonly number[];
}

/** One sequence; all tensors have as many numbers as there are tokens. */
export interface Datum {
  readonly model_input: {
    readonly chunks: readonly {
      readonly type: 'encoded_text';
      readonly tokens: readonly number[];
    }[];
  };
  readonly loss_fn_inputs: Readonly<Record<string, WireTensor>> & {
    readonly target_tokens: WireTensor;
  };
}

/** A request that the server took: its result is still to come. */
export interface Submitted<T> {
  readonly result: Promise<T>;
}

/** Where a sampler takes its weights from: a base model, or a `tinker://` path that was published. */
export type SampleSource = { readonly baseModel: string } | { readonly modelPath: string };

/** A sampling session, and the number of a request in it. */
export type SampleTarget = { readonly samplingSessionId: string; readonly seqId: number };

/** How one sequence is drawn. */
export interface SampleParams {
  readonly maxTokens: number;
  readonly seed: number;
  readonly temperature: number;
  readonly topK?: number | undefined;
  readonly topP: number;
  readonly stopIds: readonly number[];
}

/** One sequence that was drawn. */
export interface SampleResult {
  readonly ids: readonly number[];
  /** At temperature 1, with nothing cut off. */
  readonly logProbs: readonly number[];
  readonly stopReason: 'stop' | 'length';
}

/** Settings of a step of Adam. */
export interface AdamParams {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Honoured by the hosted service alone; SkyRL has it in the server's configuration, or not at all. */
  readonly maxGradNorm?: number | undefined;
}

/** A checkpoint as the server lists it. */
export interface ServerCheckpoint {
  readonly name: string;
  readonly kind: 'training' | 'sampler';
  readonly path: string;
}

/** A low-rank adapter to be made. */
export interface LoraRequest {
  readonly baseModel: string;
  readonly rank: number;
  /** Decides the first values of the adapter. Default: the server's choice. */
  readonly seed?: number | undefined;
}

/** A request to a model, numbered so that the server notices one that comes twice. */
export interface Numbered {
  readonly modelId: string;
  readonly seqId: number;
}

/** A connection to a server: one session, kept alive by heartbeats until `close`. */
export interface TinkerClient {
  readonly url: string;
  readonly sessionId: string;
  readonly limits: ClientLimits;
  /** Names of the base models. */
  models(): Promise<readonly string[]>;
  /** Makes a model and waits until it is there; with a cluster behind the server, that is minutes for the first. */
  createModel(lora: LoraRequest): Promise<string>;
  unloadModel(modelId: string): Promise<void>;
  /** Log-probs of the targets, one row per datum. */
  forward(to: Numbered, data: readonly Datum[]): Promise<Submitted<readonly (readonly number[])[]>>;
  /** Adds to the gradient that the server holds. */
  forwardBackward(to: Numbered, data: readonly Datum[], loss: Carrier): Promise<Submitted<unknown>>;
  /** Applies the gradient that the server holds; its norm where the server tells, else NaN. */
  optimStep(to: Numbered, adam: AdamParams): Promise<Submitted<{ readonly gradNorm: number }>>;
  /** Writes weights and optimizer under a name of letters, digits, `_` and `-`; returns its `tinker://` path. */
  saveWeights(to: Numbered, name: string): Promise<string>;
  /** Only as the first request of a model. */
  loadWeights(to: Numbered, path: string, optimizer: boolean): Promise<void>;
  /** Publishes the weights and opens a sampling session on them. */
  publish(to: Numbered): Promise<string>;
  openSampling(source: SampleSource): Promise<string>;
  sample(
    target: SampleTarget,
    ids: readonly number[],
    params: SampleParams,
    signal?: AbortSignal,
  ): Promise<SampleResult>;
  checkpoints(modelId: string): Promise<readonly ServerCheckpoint[]>;
  deleteCheckpoint(path: string): Promise<void>;
  /** Ends the heartbeats and every call that is under way. Models stay until the server expires the session. */
  close(): void;
}

/** Bounds of what a client sends and takes. */
export interface ClientLimits {
  /** Datums in one request. Default 1024, the protocol's own. */
  readonly maxDatums: number;
  /** Bytes of the datums in one request. Default 5 000 000, the protocol's own. */
  readonly maxBytes: number;
  /** Samples that are asked for at the same time; others wait. Default 64. */
  readonly maxSamples: number;
  /** Samples that may wait; more are refused. Default 20 000. */
  readonly maxWaiting: number;
  /** Bytes of one answer. Default 64 MiB. */
  readonly maxResponseBytes: number;
  /** Time of one request but a poll, in ms. Default 60 000. */
  readonly timeoutMs: number;
  /** Time of one poll, in ms; then it is asked again. Default 45 000. */
  readonly pollTimeoutMs: number;
  /** Time until a result is there, in ms. Default 1 800 000, half an hour. */
  readonly resultTimeoutMs: number;
  /** Attempts after the first one, in a row. Default 8. */
  readonly retries: number;
  /** Longest wait before the first retry, in ms; it doubles with each, up to 30 s. Default 500. */
  readonly retryDelayMs: number;
  /** Time between heartbeats, in ms. The server gives up a session after 300 000. Default 10 000. */
  readonly heartbeatMs: number;
}

/** Where the server is, and the bounds. */
export interface TinkerOptions extends Partial<ClientLimits> {
  /** Where the server's routes begin, without `/api/v1`, such as `http://localhost:8000`. */
  readonly url: string;
  /** Sent as `X-API-Key`; never logged, never part of an error. SkyRL's server looks at none. */
  readonly apiKey?: string | undefined;
  /** Words that the server lists the session by. Default `grpo`. */
  readonly tags?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a policy is made on a server. */
export interface TinkerPolicyOptions {
  readonly baseModel: string;
  /** Rank of the adapter. Default 32. SkyRL scales every adapter by 32 / rank. */
  readonly rank?: number | undefined;
  readonly seed?: number | undefined;
  /** `probe` finds out on a scratch model; say it where the server has room for one model only. Default `probe`. */
  readonly reduction?: Reduction | 'probe' | undefined;
  /** Default: `cross_entropy` for `sum`, `importance_sampling` for `skyrl-jax`. */
  readonly carrier?: Carrier | undefined;
  /** Tokens of prompt and answer together, where the caller knows: the server does not tell. */
  readonly contextLength?: number | undefined;
}

/** A model on a server that a trainer trains as if it were here. */
export interface TinkerPolicy extends TrainablePolicy {
  readonly modelId: string;
  readonly rank: number;
  readonly reduction: Reduction;
  readonly carrier: Carrier;
  /** Gives the server's memory back. */
  dispose(): Promise<void>;
}

/** The base model of a server, as a frozen reference. */
export interface TinkerReference extends LogProbModel {
  dispose(): Promise<void>;
}
