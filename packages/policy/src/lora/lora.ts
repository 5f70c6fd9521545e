import { keyedRandom } from '@grpo/random';
import { dropout, type NamedTensors, type Tensor, tensor } from '@grpo/tensor';
import type { DecoderOps, ModelConfig } from '../architectures/architecture.js';
import { weightShapes } from '../architectures/config.js';
import { decoder } from '../architectures/decoder.js';
import type { LinearAdapter, StoredAs } from '../engine/linear.js';

/** Low-rank adaptation: which projections get an adapter, and how large. Names and defaults as in PEFT. */
export interface LoraOptions {
  /** r, the width of the adapters. */
  readonly rank: number;
  /** α: what an adapter adds is scaled by α / r. */
  readonly alpha: number;
  /** Share of an adapter's inputs that is dropped in training. Default 0. */
  readonly dropout?: number;
  /** Last parts of the names of projections, such as `q_proj`, or `all-linear` for all but the output layer. */
  readonly targetModules: readonly string[] | 'all-linear';
  /** Scale by α / √r (Kalajdzievski 2023, https://arxiv.org/abs/2312.03732). Default false. */
  readonly useRslora?: boolean;
  /** Decides the first values and every dropout. Default 0. */
  readonly seed?: number;
}

/** A projection that adapters can be put on. */
export interface LinearModule {
  /** Its weight's name without `.weight`. */
  readonly name: string;
  readonly stored: StoredAs;
  readonly inputs: number;
  readonly outputs: number;
}

/** The names of a module's adapter among the weights. */
export const adapterNames = (module: string) => ({
  a: `${module}.lora_A.weight`,
  b: `${module}.lora_B.weight`,
});

/** α / r, or α / √r. */
export function adapterScale({ rank, alpha, useRslora = false }: LoraOptions): number {
  return alpha / (useRslora ? Math.sqrt(rank) : rank);
}

/**
 * The projections of a decoder that adapters are put on.
 *
 * @throws if a target names none of them; the message lists those there are
 */
export function targetedModules(
  config: ModelConfig,
  targetModules: LoraOptions['targetModules'],
): LinearModule[] {
  const modules = linearModules(config);
  if (targetModules === 'all-linear') return modules;
  const isMeant = (name: string, target: string) => name === target || name.endsWith(`.${target}`);
  for (const target of targetModules) {
    if (modules.some(({ name }) => isMeant(name, target))) continue;
    const known = new Set(modules.map(({ name }) => name.split('.').at(-1)));
    throw new Error(
      `targetedModules: needs targetModules among the projections of the model, ${[...known].join(', ')}, got "${target}". Adapters go on projections of the layers alone.`,
    );
  }
  return modules.filter(({ name }) => targetModules.some((target) => isMeant(name, target)));
}

/**
 * Adapters that change nothing yet: A uniform in ±1/√in, which is PEFT's Kaiming start, and B zero.
 *
 * @returns by name, A [r, in] and B [out, r] of each targeted module
 */
export function createAdapters(config: ModelConfig, options: LoraOptions): Record<string, Tensor> {
  checkLora(options);
  const { rank, targetModules, seed = 0 } = options;
  const adapters: Record<string, Tensor> = {};
  for (const { name, inputs, outputs } of targetedModules(config, targetModules)) {
    const random = keyedRandom(seed, 'lora', name);
    const bound = 1 / Math.sqrt(inputs);
    const values = Float32Array.from(
      { length: rank * inputs },
      () => bound * (2 * random.next() - 1),
    );
    const { a, b } = adapterNames(name);
    adapters[a] = tensor(values, [rank, inputs]);
    adapters[b] = tensor(new Float32Array(outputs * rank), [outputs, rank]);
  }
  return adapters;
}

/** @throws if a number is out of its range */
export function checkLora({ rank, alpha, dropout: rate = 0 }: LoraOptions): void {
  const fail = (need: string, got: number) => {
    throw new Error(`lora: needs ${need}, got ${got}. Usual are rank 16, alpha 32, dropout 0.`);
  };
  if (!(Number.isInteger(rank) && rank > 0)) fail('a rank of at least 1', rank);
  if (!(Number.isFinite(alpha) && alpha > 0)) fail('an alpha above 0', alpha);
  if (!(rate >= 0 && rate < 1)) fail('a dropout of at least 0 and below 1', rate);
}

/** What draws the dropout of one pass; the same for each time that a layer of it is computed. */
export interface AdapterDropout {
  readonly rate: number;
  /** A seed of 32 bits for each module. */
  readonly seedOf: (module: string) => number;
}

/** The adapter of a projection, if the weights hold one. */
export function adapterOf(
  weights: NamedTensors,
  weightName: string,
  scale: number,
  drops?: AdapterDropout,
): LinearAdapter | undefined {
  const module = weightName.replace(/\.weight$/, '');
  const names = adapterNames(module);
  const [a, b] = [weights[names.a], weights[names.b]];
  if (a === undefined || b === undefined) return undefined;
  if (drops === undefined || drops.rate === 0) return { a, b, scale };
  return { a, b, scale, drop: (x) => dropout(x, drops.rate, drops.seedOf(module)) };
}

/** Every projection that the decoder's description names, in its order. */
function linearModules(config: ModelConfig): LinearModule[] {
  const shapes = weightShapes(config);
  const modules: LinearModule[] = [];
  const linear: DecoderOps<null>['linear'] = (_x, weight, _bias, stored = 'out-in') => {
    const shape = shapes.get(weight) ?? [];
    const [outputs = 0, inputs = 0] = stored === 'out-in' ? shape : [...shape].reverse();
    modules.push({ name: weight.replace(/\.weight$/, ''), stored, inputs, outputs });
    return null;
  };
  const addLinear: DecoderOps<null>['addLinear'] = (_residual, ...projection) =>
    linear(...projection);
  const gatedLinear: DecoderOps<null>['gatedLinear'] = (x, ...projections) => {
    for (const { weight, bias } of projections) linear(x, weight, bias);
    return null;
  };
  const block: DecoderOps<null>['block'] = (_at, x, body) => body(x);
  // An engine that computes nothing: only the names count here.
  const ops = new Proxy({ linear, addLinear, gatedLinear, block } as unknown as DecoderOps<null>, {
    get: (known, name) => Reflect.get(known, name) ?? (() => null),
  });
  decoder(ops, config);
  return modules;
}
