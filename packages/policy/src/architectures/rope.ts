import type { Rope } from './architecture.js';
import { type Fields, fieldsOf } from './fields.js';

/** Rotary positions of a file, and how long a sequence they are good for. */
export interface ParsedRope {
  readonly rope: Rope;
  readonly contextLength: number;
}

/** What a way of rescaling reads. */
interface Scaling {
  /** `rope_parameters`, or `rope_scaling` of older files. */
  readonly field: Fields;
  /** [Dh / 2] radians per token before they are rescaled. */
  readonly plain: readonly number[];
  readonly theta: number;
  readonly contextLength: number;
  /** Tokens that the model was made for before its positions were rescaled. */
  readonly originalLength: number;
}

type Rescale = (scaling: Scaling) => Rope & { readonly contextLength?: number };

/**
 * The ways to rescale rotary positions, by `rope_type`, as `modeling_rope_utils` of Hugging Face's transformers does.
 *
 * `dynamic` leaves sequences within `max_position_embeddings` as they are, and `longrope` takes its short factors up
 * to `original_max_position_embeddings`. Beyond, both would turn every token of a sequence by how long the batch is, so that
 * cached keys and the other sequences would change a result: `contextLength` ends there, and longer ones are refused.
 */
const RESCALE: Readonly<Record<string, Rescale>> = {
  default: ({ plain }) => ({ frequencies: plain, factor: 1 }),
  linear: ({ field, plain }) => {
    const factor = field.positive('factor');
    return { frequencies: plain.map((f) => f / factor), factor: 1 };
  },
  dynamic: ({ field, plain }) => {
    field.positive('factor');
    return { frequencies: plain, factor: 1 };
  },
  llama3,
  yarn,
  longrope,
};

/**
 * @param record the object that holds the rotary positions, empty where the file has none
 * @param source the file, named in errors
 * @param theta the base where the object names none
 * @param originalLength where the file names it outside the object, which then yields
 */
export function parseRope(
  record: Readonly<Record<string, unknown>>,
  source: string,
  headSize: number,
  theta: number,
  contextLength: number,
  originalLength?: number,
): ParsedRope {
  const field = fieldsOf(record, `the rotary positions of ${source}`);
  const type = record.rope_type ?? record.type ?? 'default';
  const rescale = typeof type === 'string' ? RESCALE[type] : undefined;
  if (rescale === undefined) {
    throw new Error(
      `parseModelConfig: needs a rope type among ${Object.keys(RESCALE).join(', ')}, got ${JSON.stringify(type)} (${source}). Describe it in packages/policy/src/architectures/rope.ts.`,
    );
  }
  for (const kind of ['full_attention', 'sliding_attention']) {
    field.refuse(kind, 'all layers of this model turn alike');
  }
  const share = field.number('partial_rotary_factor', 1);
  if (share !== 1) {
    throw new Error(
      `parseModelConfig: needs a partial_rotary_factor of 1, got ${share} (${source}). Heads that turn in part are not supported.`,
    );
  }
  if (headSize % 2 !== 0) {
    throw new Error(
      `parseModelConfig: needs an even head size for rotary positions, got ${headSize} (${source}).`,
    );
  }
  const base = field.positive('rope_theta', theta);
  const scaling = {
    field,
    plain: Array.from({ length: headSize / 2 }, (_, i) => base ** ((-2 * i) / headSize)),
    theta: base,
    contextLength,
    originalLength: originalLength ?? field.size('original_max_position_embeddings', contextLength),
  };
  const { frequencies, factor, contextLength: length = contextLength } = rescale(scaling);
  return { rope: { frequencies, factor }, contextLength: length };
}

/**
 * Llama 3.1: wavelengths beyond the original length are stretched by `factor`, short ones stay, those between blend.
 * Grattafiori et al. 2024, https://arxiv.org/abs/2407.21783, by the code of its release.
 */
function llama3({ field, plain, originalLength }: Scaling): Rope {
  const factor = field.positive('factor');
  const low = field.positive('low_freq_factor');
  const high = field.positive('high_freq_factor');
  const frequencies = plain.map((f) => {
    const turns = (originalLength * f) / (2 * Math.PI); // within the original length
    if (turns > high) return f;
    if (turns < low) return f / factor;
    const kept = (turns - low) / (high - low);
    return (1 - kept) * (f / factor) + kept * f;
  });
  return { frequencies, factor: 1 };
}

/**
 * YaRN: frequencies that turn often keep their pace, slow ones are stretched, with a ramp between; scores are sharpened.
 * Peng et al. 2023, section 3.2 and 3.4, https://arxiv.org/abs/2309.00071.
 */
function yarn({ field, plain, theta, contextLength, originalLength }: Scaling): Rope {
  const factor = field.positive('factor', contextLength / originalLength);
  const half = plain.length;
  /** The pair of numbers that turns so often within the original length. */
  const pairAt = (turns: number) =>
    (half * Math.log(originalLength / (turns * 2 * Math.PI))) / Math.log(theta);
  const isWhole = field.truth('truncate', true);
  const first = pairAt(field.positive('beta_fast', 32));
  const last = pairAt(field.positive('beta_slow', 1));
  const from = Math.max(isWhole ? Math.floor(first) : first, 0);
  const upTo = Math.min(isWhole ? Math.ceil(last) : last, 2 * half - 1);
  const width = upTo === from ? 0.001 : upTo - from; // as transformers does, against a division by 0
  const frequencies = plain.map((f, i) => {
    const stretched = Math.min(Math.max((i - from) / width, 0), 1);
    return stretched * (f / factor) + (1 - stretched) * f;
  });
  const mscale = field.number('mscale');
  const mscaleAll = field.number('mscale_all_dim');
  const sharpness = (by: number) => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  const inferred = mscale && mscaleAll ? sharpness(mscale) / sharpness(mscaleAll) : sharpness(1);
  return { frequencies, factor: field.positive('attention_factor', inferred) };
}

/** LongRoPE: each frequency has its own divisor. Ding et al. 2024, https://arxiv.org/abs/2402.13753. */
function longrope({ field, plain, contextLength, originalLength }: Scaling) {
  const divisors = field.list('short_factor');
  const areGood = divisors.every((d) => typeof d === 'number' && d > 0);
  if (divisors.length !== plain.length || !areGood) {
    throw new Error(
      `parseModelConfig: needs ${plain.length} numbers above 0 in "short_factor", half the head size, got ${JSON.stringify(divisors)}. Correct the file.`,
    );
  }
  const factor = field.positive('factor', contextLength / originalLength);
  const inferred = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalLength));
  return {
    frequencies: plain.map((f, i) => f / (divisors[i] as number)),
    factor: field.positive('attention_factor', inferred),
    contextLength: Math.min(contextLength, originalLength),
  };
}
