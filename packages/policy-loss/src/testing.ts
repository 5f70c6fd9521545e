import type { KlEstimator, LossInput, PolicyLoss } from './types.js';

/** One property that every part of a kind has; `run` throws where it does not hold. */
export interface ConformanceCheck {
  readonly name: string;
  /** Throws where the property does not hold. */
  readonly run: () => void;
}

/** Which properties a loss is meant to have. */
export interface LossConformanceOptions {
  /** Whether the gradient is that of the value: false for a loss that holds a weight constant. Default true. */
  readonly isDifferentiable?: boolean;
  /** Whether micro-batches add up: false for a loss that looks at the whole batch. Default true. */
  readonly isSeparable?: boolean;
  /** Whether advantages of 0 give a gradient of 0: false for a loss with a KL term. Default true. */
  readonly isAdvantageDriven?: boolean;
}

/**
 * The properties of every policy loss, for a test runner of your choice.
 *
 * @param make a fresh loss at each call
 * @example it.each(lossChecks(() => mine()).map((check) => [check.name, check.run]))('%s', (_, run) => run())
 */
export function lossChecks(
  make: () => PolicyLoss,
  {
    isDifferentiable = true,
    isSeparable = true,
    isAdvantageDriven = true,
  }: LossConformanceOptions = {},
): readonly ConformanceCheck[] {
  const checks: [applies: boolean, name: string, run: () => void][] = [
    [
      isDifferentiable,
      'has the gradient of its value, by finite differences, in every argument that receives one',
      () => {
        for (let seed = 1; seed <= 5; seed++) {
          const input = exampleInput(seed);
          const result = make()(input);
          const gradients = {
            logProbs: result.gradLogProbs,
            entropies: result.gradEntropies,
            distributionKl: result.gradDistributionKl,
          };
          for (const argument of ['logProbs', 'entropies', 'distributionKl'] as const) {
            const analytic = gradients[argument];
            const numerical = numericalGradient(make(), input, argument);
            numerical.forEach((value, i) => {
              close(
                analytic?.[i] ?? 0,
                value,
                1e-7,
                `d loss / d ${argument} at ${i}, seed ${seed},`,
              );
            });
          }
        }
      },
    ],
    [
      true,
      'is untouched by what stands at masked positions, and has no gradient there',
      () => {
        const input = exampleInput(6);
        const spoil = (values: LossInput['logProbs']) =>
          Float64Array.from(values, (value, i) => (input.mask[i] === 1 ? value : Number.NaN));
        const spoilt = {
          ...input,
          logProbs: spoil(input.logProbs),
          oldLogProbs: spoil(input.oldLogProbs),
          refLogProbs: spoil(input.refLogProbs),
          samplerLogProbs: spoil(input.samplerLogProbs),
          entropies: spoil(input.entropies),
          distributionKl: spoil(input.distributionKl),
        };
        const [plain, odd] = [make()(input), make()(spoilt)];
        close(odd.loss, plain.loss, 0, 'the loss with NaN at masked positions');
        for (const [i, gradient] of odd.gradLogProbs.entries()) {
          close(gradient, plain.gradLogProbs[i], 0, `the gradient at ${i}`);
          check(input.mask[i] === 1 || gradient === 0, `the gradient ${gradient} at masked ${i}`);
        }
        for (const [name, value] of Object.entries(odd.metrics)) {
          check(Number.isFinite(value), `metric ${name} ${value}`);
        }
      },
    ],
    [
      true,
      'gives the same result for the same batch, and does not write to it',
      () => {
        const input = exampleInput(7);
        const copy = structuredClone(input);
        const first = make()(input);
        close(make()(input).loss, first.loss, 0, 'the loss of the second call');
        check(JSON.stringify(copy) === JSON.stringify(input), 'the input after a call');
      },
    ],
    [
      isSeparable,
      'adds up over micro-batches to the loss and gradient of the whole step',
      () => {
        const input = exampleInput(8);
        const whole = make()(input);
        const parts = [rowsOf(input, 0, 2), rowsOf(input, 2, 6)].map((part) => make()(part));
        close(parts[0].loss + parts[1].loss, whole.loss, 1e-12, 'the sum of losses');
        const gradients = [...parts[0].gradLogProbs, ...parts[1].gradLogProbs];
        for (const [i, gradient] of gradients.entries()) {
          close(gradient, whole.gradLogProbs[i], 1e-12, `the gradient at ${i}`);
        }
      },
    ],
    [
      isAdvantageDriven,
      'has no gradient where all advantages are 0',
      () => {
        const input = exampleInput(9);
        const { gradLogProbs } = make()({ ...input, advantages: new Float64Array(6) });
        for (const gradient of gradLogProbs) close(gradient, 0, 0, 'the gradient');
      },
    ],
    [
      true,
      'stays finite for log-probs a thousand nats apart',
      () => {
        const input = exampleInput(10);
        const far = (sign: number) =>
          Float64Array.from(input.logProbs, (value, i) => value - (i % 2 === 0 ? 1000 : 0) * sign);
        for (const change of [
          { oldLogProbs: far(1) },
          { logProbs: far(1) },
          { refLogProbs: far(1) },
          { samplerLogProbs: far(1) },
        ]) {
          const { loss, gradLogProbs } = make()({ ...input, ...change });
          check(Number.isFinite(loss), `the loss ${loss} with far ${Object.keys(change)}`);
          for (const gradient of gradLogProbs) {
            check(
              Number.isFinite(gradient),
              `the gradient ${gradient} with far ${Object.keys(change)}`,
            );
          }
        }
      },
    ],
    [
      true,
      'is 0 without unmasked tokens, and for an empty batch',
      () => {
        const input = exampleInput(11);
        const masked = make()({ ...input, mask: new Float64Array(48) });
        close(masked.loss, 0, 0, 'the loss of a fully masked batch');
        for (const gradient of masked.gradLogProbs) close(gradient, 0, 0, 'its gradient');
        close(make()(rowsOf(input, 0, 0)).loss, 0, 0, 'the loss of an empty batch');
      },
    ],
    [
      true,
      'refuses shapes that differ and numbers that are not finite',
      () => {
        const input = exampleInput(12);
        throws(() => make()({ ...input, logProbs: [1] }), 'logProbs needs shape [6, 8]');
        const logProbs = Float64Array.from(input.logProbs);
        logProbs[input.mask.indexOf(1)] = Number.NaN;
        throws(() => make()({ ...input, logProbs }), 'got NaN');
      },
    ],
  ];
  return checks.filter(([applies]) => applies).map(([, name, run]) => ({ name, run }));
}

/** The properties of every KL estimator. */
export function klEstimatorChecks(
  k: KlEstimator,
  { isStraightThrough = false }: { readonly isStraightThrough?: boolean } = {},
): readonly ConformanceCheck[] {
  const points = [-9, -3, -1.25, -0.1, 0.2, 0.75, 4, 9];
  const checks: ConformanceCheck[] = [
    { name: 'is 0 where the policies agree', run: () => close(k(-1.5, -1.5).value, 0, 0, 'k') },
    {
      name: 'depends on the difference of the log-probs alone',
      run: () => {
        for (const d of points) close(k(d - 2, -2).value, k(d - 5, -5).value, 1e-9, `k at ${d}`);
      },
    },
    {
      name: 'stays finite a thousand nats apart',
      run: () => {
        for (const d of [-1000, 1000]) {
          const { value, derivative } = k(d, 0);
          check(Number.isFinite(value) && Number.isFinite(derivative), `k at ${d}`);
        }
      },
    },
  ];
  if (isStraightThrough) return checks;
  return [
    ...checks,
    {
      name: 'has the derivative of its value',
      run: () => {
        const h = 1e-6;
        for (const d of points) {
          const numerical = (k(d + h, 0).value - k(d - h, 0).value) / (2 * h);
          const limit = 1e-6 * Math.max(1, Math.abs(numerical));
          close(k(d, 0).derivative, numerical, limit, `the derivative at ${d}`);
        }
      },
    },
  ];
}

/**
 * Returns the gradient of a loss by central differences, `(L(x + h) − L(x − h)) / 2h`, at unmasked
 * positions: the measure that an analytic gradient has to meet.
 *
 * @param argument the input to vary
 * @returns [B, T]; 0 at masked positions. Wrong where a step crosses a kink
 */
export function numericalGradient(
  loss: PolicyLoss,
  input: LossInput,
  argument: 'logProbs' | 'entropies' | 'distributionKl' = 'logProbs',
  step = 1e-6,
): Float64Array {
  const origin = Float64Array.from(input[argument] ?? []);
  const at = (i: number, value: number) => {
    const moved = origin.slice();
    moved[i] = value;
    return loss({ ...input, [argument]: moved }).loss;
  };
  return origin.map((value, i) =>
    input.mask[i] === 0 ? 0 : (at(i, value + step) - at(i, value - step)) / (2 * step),
  );
}

/** A batch of every kind of row, drawn from a seed: ragged, one row fully masked, a hole in another. */
export function exampleInput(
  seed: number,
  { sequences = 6, tokens = 8 }: { readonly sequences?: number; readonly tokens?: number } = {},
): Required<LossInput> {
  const random = mulberry32(seed);
  const fill = (draw: () => number) => Float64Array.from({ length: sequences * tokens }, draw);
  const near = (values: Float64Array, spread: number) =>
    values.map((value) => value + spread * (random() - 0.5));

  const logProbs = fill(() => -3 * random() - 0.01);
  const lengths = Array.from({ length: sequences }, (_, b) =>
    b === 1 ? 0 : 1 + Math.floor(random() * tokens),
  );
  const mask = Float64Array.from({ length: sequences * tokens }, (_, i) =>
    Number(i % tokens < lengths[Math.floor(i / tokens)] && i !== (sequences - 1) * tokens + 1),
  );
  const unmasked = mask.reduce((sum, m) => sum + m, 0);
  return {
    logProbs,
    oldLogProbs: near(logProbs, 0.8),
    refLogProbs: near(logProbs, 1),
    samplerLogProbs: near(logProbs, 0.8),
    entropies: fill(() => 2 * random()),
    distributionKl: fill(() => random()),
    advantages: Float64Array.from({ length: sequences }, (_, b) =>
      b === 0 ? 0 : 4 * (random() - 0.5),
    ),
    mask,
    shape: [sequences, tokens],
    groupIds: Array.from({ length: sequences }, (_, b) => Math.floor(b / 2)),
    step: { tokens: unmasked + 7, sequences: sequences + 2, groups: Math.ceil(sequences / 2) + 1 },
  };
}

/** The sequences from one to before another, as a micro-batch of the same step. */
export function rowsOf(input: Required<LossInput>, from: number, to: number): Required<LossInput> {
  const [, T] = input.shape;
  const rows = (values: ArrayLike<number>) => Float64Array.from(values).slice(from * T, to * T);
  return {
    ...input,
    logProbs: rows(input.logProbs),
    oldLogProbs: rows(input.oldLogProbs),
    refLogProbs: rows(input.refLogProbs),
    samplerLogProbs: rows(input.samplerLogProbs),
    entropies: rows(input.entropies),
    distributionKl: rows(input.distributionKl),
    mask: rows(input.mask),
    advantages: Float64Array.from(input.advantages).slice(from, to),
    groupIds: input.groupIds.slice(from, to),
    shape: [to - from, T],
  };
}

/** A small generator with a full period, so that examples are the same everywhere. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`conformance: ${what} is not as it has to be.`);
}

function close(got: number, wanted: number, tolerance: number, what: string): void {
  check(Math.abs(got - wanted) <= tolerance, `${what} is ${got}, want ${wanted}; it`);
}

function throws(run: () => unknown, words: string): void {
  try {
    run();
  } catch (error) {
    check(String(error).includes(words), `the message "${error}" without "${words}"`);
    return;
  }
  check(false, `a call that should throw "${words}"`);
}
