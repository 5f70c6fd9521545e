import type { ClientLimits, Datum, WireTensor } from '../types.js';

/**
 * A sequence as the protocol has it: the tokens but the last, and as targets the tokens but the first.
 *
 * @param ids [T] at least two tokens
 * @param inputs [T − 1] numbers for each target, by their names in the protocol
 */
export function datumOf(
  ids: readonly number[],
  inputs: Readonly<Record<string, readonly number[]>>,
): Datum {
  const floats = Object.entries(inputs).map(([name, data]) => [name, tensorOf(data, 'float32')]);
  return {
    model_input: { chunks: [{ type: 'encoded_text', tokens: ids.slice(0, -1) }] },
    loss_fn_inputs: {
      target_tokens: tensorOf(ids.slice(1), 'int64'),
      ...(Object.fromEntries(floats) as Record<string, WireTensor>),
    },
  };
}

/**
 * Cuts a list of datums into requests that keep the limits, in order.
 *
 * @throws where one datum alone is larger than `maxBytes`
 */
export function chunksOf(
  data: readonly Datum[],
  { maxDatums, maxBytes }: Pick<ClientLimits, 'maxDatums' | 'maxBytes'>,
): Datum[][] {
  const chunks: Datum[][] = [];
  let bytes = 0;
  for (const [i, datum] of data.entries()) {
    const size = JSON.stringify(datum).length + 1; // and a comma
    if (size > maxBytes) {
      throw new Error(
        `tinker: needs sequences of at most ${maxBytes} bytes in a request, got ${size} for sequence ${i}. Shorten it, or raise maxBytes if the server takes more.`,
      );
    }
    const last = chunks.at(-1);
    if (last && last.length < maxDatums && bytes + size <= maxBytes) {
      last.push(datum);
      bytes += size;
    } else {
      chunks.push([datum]);
      bytes = size;
    }
  }
  return chunks;
}

/**
 * What the server does not check: an empty list never answers, short inputs are padded, unknown numbers become NaN.
 *
 * @returns [N] targets of each datum
 */
export function checkDatums(
  caller: string,
  data: readonly Datum[],
  { maxDatums }: Pick<ClientLimits, 'maxDatums'>,
): number[] {
  if (data.length === 0 || data.length > maxDatums) {
    throw new Error(
      `${caller}: needs 1 to ${maxDatums} datums, got ${data.length}. Send what there is in chunks.`,
    );
  }
  return data.map(({ model_input, loss_fn_inputs }, i) => {
    const tokens = model_input.chunks.flatMap((chunk) => chunk.tokens);
    const ids = [...tokens, ...loss_fn_inputs.target_tokens.data];
    const wrong = ids.find((id) => !(Number.isInteger(id) && id >= 0));
    if (tokens.length === 0 || wrong !== undefined) {
      throw new Error(
        `${caller}: needs token ids of 0 or above, got ${wrong ?? 'none'} in datum ${i}. Use the tokenizer of the model.`,
      );
    }
    for (const [name, { data: values }] of Object.entries(loss_fn_inputs)) {
      if (values.length !== tokens.length) {
        throw new Error(
          `${caller}: needs ${tokens.length} numbers as ${name} of datum ${i}, one per token, got ${values.length}.`,
        );
      }
      const odd = values.find((value) => !Number.isFinite(value));
      if (odd !== undefined) {
        throw new Error(
          `${caller}: needs finite numbers as ${name} of datum ${i}, got ${odd}. JSON has no such number.`,
        );
      }
    }
    return tokens.length;
  });
}

function tensorOf(data: readonly number[], dtype: WireTensor['dtype']): WireTensor {
  return { data, dtype, shape: [data.length] };
}
