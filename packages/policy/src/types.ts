/**
 * Glossary (B sequences, T tokens, N unmasked tokens, D width of a hidden state, V vocabulary)
 * - Token ids are the truth: what was sampled is kept as ids and never re-tokenized from text.
 * - Log-probs: nats, of tokens under `softmax(logits / temperature)`.
 * - Sampler: makes tokens. Trainable policy: scores tokens and learns.
 */
import type { Message } from '@grpo/rewards';
import type { OptimizerChoice } from '@grpo/tensor';
import type { ModelConfig } from './architectures/architecture.js';

export type { OptimizerChoice };

/** One sequence of a batch: its ids, and which of them the loss looks at. */
export interface TokenSequence {
  readonly ids: readonly number[];
  /** true where the model produced the token; never at the first. */
  readonly mask: readonly boolean[];
}

/** Right-padded token sequences, row-major. */
export interface TokenBatch {
  readonly shape: readonly [sequences: number, tokens: number];
  /** [B, T] token ids; positions past a row's end hold any valid id. */
  readonly ids: Int32Array;
  /** [B] tokens in each row. */
  readonly lengths: Int32Array;
  /** [B, T] 1 where the loss looks at the token: ids[b, t] was produced by the model. Never 1 at t = 0. */
  readonly mask: Uint8Array;
  /** Divides the logits before the softmax. Default 1. */
  readonly temperature?: number;
}

/** What a loss returns to the engine. */
export interface LossGradient {
  readonly loss: number;
  /** [B, T] d loss / d logProbs. */
  readonly gradLogProbs: Float64Array;
  /** [B, T] d loss / d entropies. Default 0. */
  readonly gradEntropies?: Float64Array;
  /** [B, T] d loss / d distributionKl. Default 0. */
  readonly gradDistributionKl?: Float64Array;
  readonly metrics?: Readonly<Record<string, number>>;
}

/** What a loss sees of whole next-token distributions; 0 where the mask is 0. */
export interface TokenStatistics {
  /** [B, T] −Σ p log p in nats; present if asked for. */
  readonly entropies?: Float64Array;
  /** [B, T] Σ p (log p − log q) in nats, q of the reference; present if asked for. */
  readonly distributionKl?: Float64Array;
}

/** What an engine is asked for beside log-probs. Each takes passes over the vocabulary. */
export interface StatisticsRequest {
  /** Default false. */
  readonly entropies?: boolean;
  /** The reference that divergences are taken from: a model of the same engine with the same vocabulary. */
  readonly distributionKl?: LogProbModel;
}

/**
 * The narrow waist: per-token log-probs [B, T] in (0 where the mask is 0), the loss's gradient out. Entropies and
 * divergences come along where `forwardBackward` was asked for them.
 */
export type LogProbLoss = (logProbs: Float64Array, statistics?: TokenStatistics) => LossGradient;

/** What one forward and backward pass gave; the gradients stay in the policy until `optimStep`. */
export interface ForwardBackward extends TokenStatistics {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** [B, T] the log-probs that the loss saw. */
  readonly logProbs: Float64Array;
}

export interface OptimStep {
  readonly learningRate: number;
  /** Gradients with a larger total L2 norm are scaled down to it. Default: no clipping. */
  readonly maxGradNorm?: number;
  /** The same in every step. Default: the policy's own. */
  readonly optimizer?: OptimizerChoice;
}

export interface OptimStepResult {
  /** L2 norm of the gradients before clipping. */
  readonly gradNorm: number;
  /** The norm was not finite: weights and optimizer stay as they were, and the gradients are gone. Default false. */
  readonly skipped?: boolean;
}

/** Scores tokens; a frozen reference model needs no more. */
export interface LogProbModel {
  /** [B, T] log-prob of ids[b, t] given ids[b, <t]; 0 where the mask is 0. */
  logProbs(batch: TokenBatch): Promise<Float64Array>;
}

/** Hidden states as plain numbers: after the last norm, what the output layer turns into logits. */
export interface HiddenStates {
  /** [N, D] row-major. */
  readonly data: Float32Array;
  readonly shape: readonly [states: number, width: number];
}

/** The hidden states of a batch in which a value function is asked. */
export interface TokenStates {
  /** [N, D] the state that each unmasked token was predicted from, one position before it; row by row. */
  readonly before: HiddenStates;
  /** [B, D] the state after the last token of each row; without meaning for a row of no tokens. */
  readonly after: HiddenStates;
}

/** Shows what it makes of tokens before it scores them; a value function that stands on a model needs no more. */
export interface HiddenStateModel {
  hiddenStates(batch: TokenBatch): Promise<TokenStates>;
}

/** A reference that can follow a policy. */
export interface MovingModel extends LogProbModel {
  /** w ← α · w_policy + (1 − α) · w for every weight w. */
  follow(policy: TrainablePolicy, alpha: number): Promise<void>;
  save(folder: string): Promise<void>;
  load(folder: string): Promise<void>;
}

/** A language model that can be trained through its per-token log-probs. */
export interface TrainablePolicy extends LogProbModel {
  /** Adds the gradient of `loss` to the gradients held since the last `optimStep`. */
  forwardBackward(
    batch: TokenBatch,
    loss: LogProbLoss,
    request?: StatisticsRequest,
  ): Promise<ForwardBackward>;
  /** Applies the held gradients, clears them, and returns their norm before clipping. */
  optimStep(options: OptimStep): Promise<OptimStepResult>;
  /** Drops the held gradients: the next step starts from none. */
  discardGradients(): void;
  /** Writes the model folder; with `optimizer`, also what a resume needs. */
  save(folder: string, options?: { readonly optimizer?: boolean }): Promise<void>;
  /** Replaces weights, and optimizer state where the folder has it. */
  load(folder: string): Promise<void>;
  /** A sampler that sees the current weights at every call. */
  sampler(): Sampler;
  /** A sampler that keeps the weights of now while the policy learns; absent where an engine holds one set of weights. */
  frozenSampler?(): Promise<Sampler>;
}

export interface SampleRequest {
  /** Prompt token ids, at least one. */
  readonly ids: readonly number[];
  /** Seeds this row's draws alone: the result does not depend on the other rows. */
  readonly seed: number;
  /** Instead of the call's. */
  readonly maxTokens?: number;
}

/** A token at the moment it was sampled. */
export interface StreamedToken {
  /** Number of its request in the call. */
  readonly request: number;
  readonly id: number;
  readonly logProb: number;
  readonly sampledLogProb?: number;
}

/** How tokens are drawn. The distribution is shaped in this order: penalty, temperature, top-k, top-p, min-p. */
export interface SampleOptions {
  readonly maxTokens: number;
  /** 0 takes the most probable token. Default 1. */
  readonly temperature?: number;
  /** Draws from the k most probable tokens, and those as probable as the last of them. Default: from all. */
  readonly topK?: number;
  /** Draws from the smallest set of most probable tokens that holds this probability. Default 1: from all. */
  readonly topP?: number;
  /** Draws from tokens at least so probable, as a share of the most probable one. Default 0: from all. */
  readonly minP?: number;
  /** Divides positive logits of tokens in the prompt and the answer so far, multiplies negative ones. Default 1. */
  readonly repetitionPenalty?: number;
  /** Sampling a row ends after any of these; the id is kept in the result. */
  readonly stopIds: readonly number[];
  /** Sampling a row ends with the token that completes one of these texts; the ids are kept as sampled. */
  readonly stopStrings?: readonly string[];
  /** Before so many tokens no stop id can be sampled and no stop string ends a row. Default 0. */
  readonly minTokens?: number;
  /**
   * Further requests may go on where these answers end, as in a conversation: keys and values are kept for them, and a
   * prompt that begins with what was run before runs only what is new. Default false.
   */
  readonly isContinued?: boolean;
  /**
   * The answers will be trained on before the weights change: an engine that can keeps what its passes compute, so that
   * the gradient needs no forward pass of its own. Default false.
   */
  readonly isTrainedOn?: boolean;
  /** Is told each token as it comes; an error that it throws rejects the call. */
  readonly onToken?: (token: StreamedToken) => void;
  /** Rejects the call with the signal's reason and frees its rows; other calls go on. */
  readonly signal?: AbortSignal;
}

export interface SampledTokens {
  readonly ids: readonly number[];
  /**
   * Log-prob of each id under softmax(logits / temperature), without penalty, and nothing cut off; at temperature 1
   * for greedy sampling. What a trainable policy's `logProbs` gives for the same weights: ratios are taken of these.
   */
  readonly logProbs: readonly number[];
  /**
   * Log-prob of each id in the distribution that it was drawn from: after the penalty, top-k, top-p and min-p, so
   * at or above `logProbs` where these only cut off; the penalised one at temperature 1 for greedy sampling.
   * Absent where the engine does not tell.
   */
  readonly sampledLogProbs?: readonly number[];
  /** `stop`: a stop id or a stop string was sampled. `length`: the token budget or the context ran out. */
  readonly stopReason: 'stop' | 'length';
  /** The stop id or the stop string that ended the row. Absent for `length`, or where the engine does not tell. */
  readonly stoppedBy?: number | string;
}

/** How a sampler works on the tensor engine. */
export interface SamplerOptions {
  /** Rows that are decoded together; others wait. Default 256. */
  readonly maxBatchSize?: number;
  /** Reads what was sampled, for `stopStrings`. */
  readonly tokenizer?: Tokenizer;
}

/** What a pass leaves: sequences with what the engine keeps of them, and the logits after each. */
export interface Decoded<Batch> {
  readonly batch: Batch;
  /** [rows, V] unnormalised log-probs; those of a step are the sampler's until the next pass. */
  readonly logits: Float32Array;
}

/** A token to be drawn from softmax(logits / temperature): nothing is penalised, forbidden or cut off. */
export interface PlainDraw {
  /** Of the logits. */
  readonly row: number;
  /** 0 takes the most probable token. */
  readonly temperature: number;
  /** From [0, 1): the running sum of probabilities passes it at the token. */
  readonly uniform: number;
}

export interface DrawnTokens {
  /** −1 where a row's logits are not finite. */
  readonly ids: Int32Array;
  /** ln softmax(logits / temperature)[id], at temperature 1 where none is drawn. */
  readonly logProbs: Float64Array;
}

/**
 * Runs a model for a sampler, which decides what is sampled. A batch stands for the keys and values of some sequences,
 * its rows; how and where they are kept is the engine's.
 */
export interface DecodeEngine<Batch> {
  /** Takes up the weights of now; true where they are others than at the call before. Called before every pass. */
  refresh(): boolean | Promise<boolean>;
  /** Runs prompts of at least one token each. @param isTrainedOn as in `SampleOptions`, of any of them */
  prefill(
    prompts: readonly (readonly number[])[],
    isTrainedOn?: boolean,
  ): Decoded<Batch> | Promise<Decoded<Batch>>;
  /** Runs one more token per row, ids [rows]. Takes the batch over, unless it throws. @param isTrainedOn of any row */
  step(
    batch: Batch,
    ids: readonly number[],
    isTrainedOn?: boolean,
  ): Decoded<Batch> | Promise<Decoded<Batch>>;
  /** A new batch of some rows, in the order given; they may repeat. The old one stays valid. */
  pick(batch: Batch, rows: readonly number[]): Batch;
  /** The rows of several batches, one below the other. Takes them over. */
  join(batches: readonly Batch[]): Batch;
  free(batch: Batch): void;
  /** Draws for some rows of logits that the engine gave, [draws] each. Default: the sampler draws one by one. */
  draw?(logits: Float32Array, draws: readonly PlainDraw[]): DrawnTokens;
  /** `pick` and `join` copy nothing, so that rows leave as soon as they end. Default false. */
  readonly isPaged?: boolean;
}

/** A weight as plain numbers. */
export interface HostWeight {
  readonly shape: readonly number[];
  /** Row-major, not to be changed, and gone with the weight: a copy, or the weight itself. */
  readonly read: () => Float32Array;
}

/** All weights of a model at one moment. */
export interface HostWeights {
  /** By their names in the safetensors file; an entry that is the same object as before holds the same numbers. */
  readonly tensors: ReadonlyMap<string, HostWeight>;
  /** Multiplies what low-rank adapters add: `….lora_A.weight` [r, in] and `….lora_B.weight` [out, r]. */
  readonly adapterScale: number;
}

/** A model whose weights other engines can read: what it needs to be run elsewhere. */
export interface WeightSource {
  readonly config: ModelConfig;
  /** Its own sampler is the fastest there is, so that no other engine need read the weights. Default false. */
  readonly hasFastSampler?: boolean;
  /** The weights of now, the same object until they change. Read them before the next change: then they are gone. */
  hostWeights(): HostWeights;
}

/** Token ids in; sampled ids, their log-probs and the stop reason out. */
export interface Sampler {
  /** Tokens of prompt and answer together; an engine that does not know leaves it out. */
  readonly contextLength?: number;
  /** Whether a call joins those that are running. Others get their requests in batches. Default false. */
  readonly isContinuous?: boolean;
  sample(requests: readonly SampleRequest[], options: SampleOptions): Promise<SampledTokens[]>;
}

export interface EncodeOptions {
  /** Add what the tokenizer puts around a text, such as a first token. Default false: chat templates write it. */
  readonly addSpecialTokens?: boolean;
}

export interface DecodeOptions {
  /** Leave out special tokens, such as turn markers. Default false. */
  readonly skipSpecialTokens?: boolean;
}

export interface Tokenizer {
  encode(text: string, options?: EncodeOptions): number[];
  decode(ids: readonly number[], options?: DecodeOptions): string;
  /** The id of a token as written in the vocabulary, if it is there. */
  tokenId(token: string): number | undefined;
  readonly vocabularySize: number;
  /** Whether `decode` drops spaces before punctuation, as tokenizer_config.json may ask for. Default false. */
  readonly cleansUpSpaces?: boolean;
}

/** Text of a stream of ids, piece by piece. */
export interface StreamDecoder {
  /** Takes the next id and returns the text that it completes, often nothing or more than one character. */
  push(id: number): string;
  /** The text that was held back, broken characters as U+FFFD; the decoder starts anew. */
  flush(): string;
}

/** A function that the model may call, as JSON schema: what transformers takes as one of `tools`. */
export type ToolDefinition = Readonly<Record<string, unknown>>;

export interface ChatOptions {
  /** Offered to the model through the chat template. The same for every turn of a conversation. */
  readonly tools?: readonly ToolDefinition[];
  /** Further variables of the chat template, such as `enable_thinking`; those named as special tokens replace them. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** How a conversation is laid out, where not as the model folder says. */
export interface ChatFormatOptions {
  /**
   * The name of one of the folder's chat templates, or Jinja text in place of them: a training template, say,
   * that only appends where the folder's own rewrites earlier turns. The folder is saved as it was.
   */
  readonly chatTemplate?: string;
}

/** Messages to ids and back. */
export interface ChatFormat {
  /** The conversation, ready for the model to answer. */
  encodePrompt(messages: readonly Message[], options?: ChatOptions): number[];
  /**
   * What stands between the model's answer and its next one: the new messages, ready for the model to answer.
   * The ids continue the sampled ones, which already end with the answer and its stop token.
   *
   * @param before the conversation up to and including the model's answer
   * @param added the messages that follow it
   * @throws if the template writes what the model has read or sampled otherwise when messages follow it
   */
  encodeContinuation(
    before: readonly Message[],
    added: readonly Message[],
    options?: ChatOptions,
  ): number[];
  /**
   * A whole conversation, and which of its tokens are the assistant's: those in the template's `{% generation %}`
   * blocks; where it has none, every answer with its stop token, each turn encoded by itself as in a rollout.
   *
   * @throws if the template has no such blocks and rewrites earlier turns
   */
  encodeConversation(messages: readonly Message[], options?: ChatOptions): TokenSequence;
  /** An answer as the model would sample it, stop token included. */
  encodeCompletion(text: string): number[];
  /** The text of a sampled answer, without its stop token. */
  decodeCompletion(ids: readonly number[]): string;
  /** Ids that end the model's turn, the one that `encodeCompletion` writes first. */
  readonly stopIds: readonly number[];
}
