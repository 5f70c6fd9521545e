import type { SampleResult, ServerCheckpoint } from '../types.js';
import { type JsonObject, listOf, numbersOf, objectOf, show, textOf } from './fields.js';

/**
 * Log-probs of the targets of each datum.
 *
 * @param lengths [N] targets of each datum
 */
export function readLogProbs(
  answer: unknown,
  lengths: readonly number[],
): readonly (readonly number[])[] {
  const outputs = listOf(objectOf(answer), 'loss_fn_outputs');
  if (outputs.length !== lengths.length) {
    throw new Error(`needs one output per datum, ${lengths.length}, got ${outputs.length}`);
  }
  return outputs.map((output, i) => {
    const logProbs = objectOf(objectOf(output, 'an output').logprobs, 'logprobs');
    return numbersOf(logProbs, 'data', lengths[i]);
  });
}

/** The gradient's norm; NaN where no metric tells it. @throws where it is null: the server's gradient is NaN */
export function readOptimStep(answer: unknown): { readonly gradNorm: number } {
  const metrics = objectOf(answer).metrics ?? {};
  for (const [name, value] of Object.entries(objectOf(metrics, 'metrics'))) {
    if (!/(^|\/)grad_norm(:\w+)?$/.test(name)) continue;
    if (typeof value === 'number') return { gradNorm: value };
    throw new Error(`needs a number as ${name}, got ${show(value)}: the gradient is not finite`);
  }
  return { gradNorm: Number.NaN };
}

/** The one sequence of a request for one. */
export function readSample(answer: unknown, maxTokens: number): SampleResult {
  const sequences = listOf(objectOf(answer), 'sequences');
  if (sequences.length !== 1) throw new Error(`needs one sequence, got ${sequences.length}`);
  const sequence = objectOf(sequences[0], 'a sequence');
  const ids = listOf(sequence, 'tokens');
  const wrong = ids.find((id) => !(typeof id === 'number' && Number.isInteger(id) && id >= 0));
  if (wrong !== undefined) throw new Error(`needs token ids as tokens, got ${show(wrong)}`);
  if (ids.length > maxTokens)
    throw new Error(`needs at most ${maxTokens} tokens, got ${ids.length}`);
  const logProbs = numbersOf(sequence, 'logprobs', ids.length);
  const { stop_reason: stopReason } = sequence;
  if (stopReason !== 'stop' && stopReason !== 'length') {
    throw new Error(`needs stop or length as stop_reason, got ${show(stopReason)}`);
  }
  return { ids: ids as number[], logProbs, stopReason };
}

export function readModels(answer: unknown): readonly string[] {
  return listOf(objectOf(answer), 'supported_models').map((model) =>
    textOf(objectOf(model, 'a model'), 'model_name'),
  );
}

export function readCheckpoints(answer: unknown): readonly ServerCheckpoint[] {
  return listOf(objectOf(answer), 'checkpoints').map((one) => {
    const checkpoint = objectOf(one, 'a checkpoint');
    const isTraining = checkpoint.checkpoint_type === 'training';
    return {
      name: textOf(checkpoint, 'checkpoint_id'),
      kind: isTraining ? ('training' as const) : ('sampler' as const),
      path: textOf(checkpoint, 'tinker_path'),
    };
  });
}

/** The id of the session. @throws what the server says against it */
export function readSession(answer: unknown): string {
  const session = objectOf(answer);
  if (typeof session.error_message === 'string') {
    throw new Error(`needs a session, got the message ${show(session.error_message)}`);
  }
  return textOf(session, 'session_id');
}

/** What the server calls the result that is to come. */
export function readRequestId(answer: unknown): string {
  return textOf(objectOf(answer), 'request_id');
}

/** Whether the answer of a poll says: not yet. */
export function isPending(answer: JsonObject): boolean {
  return answer.type === 'try_again';
}

/** What a result says of a failure; undefined for a good one. */
export function failureOf(answer: JsonObject): string | undefined {
  return typeof answer.error === 'string' ? answer.error.slice(0, 300) : undefined;
}
