import type { SampledTokens, SampleOptions, SampleRequest, Sampler } from './types.js';

/** One property that every sampler has; `run` rejects where it does not hold. */
export interface ConformanceCheck {
  readonly name: string;
  readonly run: () => Promise<void>;
}

export interface SamplerCheckOptions {
  /** [V] unnormalised log-probs of the token that follows the given ids: what the sampler's model is known to say. */
  readonly logits: (ids: readonly number[]) => Promise<ArrayLike<number>>;
  /** Ids of a prompt that leaves room for 16 tokens. */
  readonly prompt: readonly number[];
  /** At which frequencies and log-probs are checked. Default 1. */
  readonly temperature?: number;
  /** Tokens that are drawn for each distribution. Default 1500. */
  readonly draws?: number;
  /** How far a log-prob may be from that of `logits`, in nats. Default 1e-3. */
  readonly tolerance?: number;
}

const PLAIN = { maxTokens: 8, stopIds: [] } as const;
const REFUSED: readonly [string, object][] = [
  ['maxTokens', { maxTokens: 0 }],
  ['temperature', { temperature: -1 }],
  ['topK', { topK: 0 }],
  ['topP', { topP: 0 }],
  ['minP', { minP: 2 }],
  ['repetitionPenalty', { repetitionPenalty: 0 }],
];

/**
 * The properties of every sampler, for a test runner of your choice. Frequencies are held to the model's
 * probabilities by a chi-square test with fixed seeds, so a sampler that is deterministic passes always or never.
 *
 * @param sampler on a model of a small vocabulary, whose probabilities `logits` tells
 * @example test.each(samplerChecks(mine, { logits, prompt }).map((c) => [c.name, c.run]))('%s', (_, run) => run())
 */
export function samplerChecks(
  sampler: Sampler,
  { logits, prompt, temperature = 1, draws = 1500, tolerance = 1e-3 }: SamplerCheckOptions,
): readonly ConformanceCheck[] {
  const requests = [1, 2, 3, 4].map((seed) => ({ ids: prompt, seed }));
  const sample = (of: readonly SampleRequest[], options: Partial<SampleOptions> = {}) =>
    sampler.sample(of, { ...PLAIN, temperature, ...options });
  const tempered = async (ids: readonly number[]) => softmax(await logits(ids), temperature);

  async function frequenciesMatch(shape: Partial<SampleOptions>): Promise<void> {
    const many = Array.from({ length: draws }, (_, seed) => ({ ids: prompt, seed }));
    const sampled = await sample(many, { ...shape, maxTokens: 1 });
    const expected = shaped(await tempered(prompt), shape);
    const counts = new Array<number>(expected.length).fill(0);
    for (const { ids } of sampled) counts[ids[0]] += 1;
    const impossible = counts.findIndex((count, id) => count > 0 && expected[id] === 0);
    check(impossible === -1, `token ${impossible}, which is cut off,`, 'never drawn');
    const z = deviation(counts, expected);
    check(Math.abs(z) < 4, `a chi-square statistic ${z.toFixed(1)} standard deviations off`, '< 4');
    for (const { ids, sampledLogProbs } of sampled) {
      if (sampledLogProbs === undefined) continue;
      const known = Math.log(expected[ids[0]]);
      check(
        Math.abs(sampledLogProbs[0] - known) < tolerance,
        `the log-prob as sampled ${sampledLogProbs[0]}`,
        `${known}`,
      );
    }
  }

  return [
    {
      name: 'every request gets a result of its own, in order, with a log-prob per token',
      run: async () => {
        const limits = [3, 1, 8];
        const sampled = await sample(
          limits.map((maxTokens, seed) => ({ ids: prompt, seed, maxTokens })),
        );
        check(sampled.length === 3, `${sampled.length} results`, '3');
        for (const [r, row] of sampled.entries()) {
          wellFormed(row);
          check(row.ids.length === limits[r], `${row.ids.length} tokens`, `${limits[r]}`);
          check(row.stopReason === 'length', `the stop reason ${row.stopReason}`, 'length');
        }
        check((await sample([])).length === 0, 'a result for no request', 'none');
      },
    },
    {
      name: 'a seed gives the same tokens again, another one others',
      run: async () => {
        const once = await sample(requests);
        equal(idsOf(await sample(requests)), idsOf(once));
        check(new Set(idsOf(once).map(String)).size > 1, 'one result for four seeds', 'several');
      },
    },
    {
      name: 'a row is the same alone, among others, and beside other calls',
      run: async () => {
        const together = idsOf(await sample(requests));
        const turned = await sample([...requests].reverse());
        equal(idsOf(turned).reverse(), together);
        const calls = await Promise.all(requests.map((request) => sample([request])));
        equal(calls.flatMap(idsOf), together);
      },
    },
    {
      name: 'temperature 0 takes the most probable tokens, whatever the seed',
      run: async () => {
        const rows = await sample(requests.slice(0, 2), { temperature: 0, maxTokens: 4 });
        for (const { ids } of rows) {
          for (const [t, id] of ids.entries()) {
            const scores = await logits([...prompt, ...ids.slice(0, t)]);
            const best = Math.max(...Array.from(scores));
            check(
              best - scores[id] < tolerance,
              `a token ${best - scores[id]} below the best`,
              '0',
            );
          }
        }
      },
    },
    {
      name: 'log-probs are those of softmax(logits / temperature)',
      run: async () => {
        for (const { ids, logProbs } of await sample(requests)) {
          for (const [t, id] of ids.entries()) {
            const known = Math.log((await tempered([...prompt, ...ids.slice(0, t)]))[id]);
            const error = Math.abs(logProbs[t] - known);
            check(error < tolerance, `the log-prob ${logProbs[t]}`, `${known}`);
          }
        }
      },
    },
    {
      name: 'a stop id ends a row, is kept, and is told',
      run: async () => {
        const [{ ids: free }] = await sample(requests);
        const stopIds = [free[2]];
        const [stopped] = await sample(requests, { stopIds });
        const end = free.indexOf(free[2]) + 1;
        equal(stopped.ids, free.slice(0, end));
        check(stopped.stopReason === 'stop', `the stop reason ${stopped.stopReason}`, 'stop');
        const { stoppedBy } = stopped;
        check(stoppedBy === undefined || stoppedBy === free[2], `stoppedBy ${stoppedBy}`, 'the id');
      },
    },
    {
      name: 'before minTokens no stop id is sampled',
      run: async () => {
        const size = (await logits(prompt)).length;
        const stopIds = Array.from({ length: size - 2 }, (_, id) => id);
        for (const { ids, stopReason } of await sample(requests, { stopIds, minTokens: 3 })) {
          const isEarly = ids.slice(0, 3).some((id) => stopIds.includes(id));
          check(!isEarly && ids.length >= 3, `the tokens ${ids}`, 'three of others first');
          const stops = stopIds.includes(ids.at(-1) ?? -1);
          check(stops === (stopReason === 'stop'), `the stop reason ${stopReason}`, 'the true one');
        }
      },
    },
    {
      name: 'the listener is told every token once, in order',
      run: async () => {
        const told = requests.map((): { id: number; logProb: number }[] => []);
        const rows = await sample(requests, {
          onToken: ({ request, id, logProb }) => told[request].push({ id, logProb }),
        });
        equal(
          told.map((tokens) => tokens.map(({ id }) => id)),
          idsOf(rows),
        );
        equal(
          told.map((tokens) => tokens.map(({ logProb }) => logProb)),
          rows.map(({ logProbs }) => [...logProbs]),
        );
      },
    },
    {
      name: 'an error of the listener and an abort reject their call, and no other',
      run: async () => {
        const known = idsOf(await sample(requests));
        const abort = new AbortController();
        const reason = new Error('enough');
        const other = sample(requests);
        const aborted = sample(requests, {
          signal: abort.signal,
          onToken: () => abort.abort(reason),
        });
        check(
          (await rejection(aborted)) === reason,
          'another rejection',
          'the reason of the abort',
        );
        const thrown = sample(requests, {
          onToken: () => {
            throw reason;
          },
        });
        check(
          (await rejection(thrown)) === reason,
          'another rejection',
          'the error of the listener',
        );
        const before = sample(requests, { signal: AbortSignal.abort(reason) });
        check((await rejection(before)) === reason, 'another rejection', 'the reason of the abort');
        equal(idsOf(await other), known);
        equal(idsOf(await sample(requests)), known);
      },
    },
    {
      name: 'options that make no sense are refused by name',
      run: async () => {
        for (const [name, options] of REFUSED) {
          const error = await rejection(sample(requests, options));
          check(String(error).includes(name), `${error}`, `an error that names ${name}`);
        }
        const error = await rejection(sample([{ ids: [], seed: 1 }]));
        check(error instanceof Error, 'a result for an empty prompt', 'an error');
      },
    },
    ...[{}, { topK: 5 }, { topP: 0.6 }, { minP: 0.3 }, { topK: 20, topP: 0.8, minP: 0.05 }].map(
      (shape) => ({
        name: `sampled frequencies are the model's probabilities with ${JSON.stringify(shape)}`,
        run: () => frequenciesMatch(shape),
      }),
    ),
  ];
}

function wellFormed({
  ids,
  logProbs,
  sampledLogProbs = logProbs,
  stopReason,
}: SampledTokens): void {
  check(
    logProbs.length === ids.length && sampledLogProbs.length === ids.length,
    `${ids.length} ids, ${logProbs.length} log-probs, ${sampledLogProbs.length} as sampled`,
    'equal numbers',
  );
  const isFine = ids.every((id) => Number.isInteger(id) && id >= 0);
  check(isFine, `the ids ${ids}`, 'whole numbers');
  for (const value of [...logProbs, ...sampledLogProbs]) {
    check(value <= 1e-4, `the log-prob ${value}`, 'at most 0'); // rounding of an engine in float32
  }
  check(['stop', 'length'].includes(stopReason), `the stop reason ${stopReason}`, 'stop or length');
}

function softmax(logits: ArrayLike<number>, temperature: number): number[] {
  const values = Array.from(logits);
  const top = Math.max(...values);
  const weights = values.map((z) => Math.exp((z - top) / temperature));
  return normalised(weights);
}

/** The distribution after top-k, top-p and min-p, by sorting. */
function shaped(
  probabilities: readonly number[],
  { topK = probabilities.length, topP = 1, minP = 0 }: Partial<SampleOptions>,
): number[] {
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  const kept = new Set(order.slice(0, topK));
  const total = [...kept].reduce((sum, id) => sum + probabilities[id], 0);
  let before = 0;
  for (const id of [...kept]) {
    if (before >= topP * total || probabilities[id] < minP * probabilities[order[0]])
      kept.delete(id);
    before += probabilities[id];
  }
  return normalised(probabilities.map((p, id) => (kept.has(id) ? p : 0)));
}

function normalised(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/**
 * How many standard deviations Pearson's statistic is from its mean (Wilson and Hilferty 1931). Tokens that are
 * expected fewer than five times count as one.
 */
function deviation(counts: readonly number[], expected: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const cells: { seen: number; due: number }[] = [];
  const rare = { seen: 0, due: 0 };
  for (const [id, probability] of expected.entries()) {
    const due = probability * total;
    if (due >= 5) cells.push({ seen: counts[id], due });
    else {
      rare.seen += counts[id];
      rare.due += due;
    }
  }
  if (rare.due >= 5) cells.push(rare);
  const degrees = Math.max(1, cells.length - 1);
  const statistic = cells.reduce((sum, { seen, due }) => sum + (seen - due) ** 2 / due, 0);
  const spread = 2 / (9 * degrees);
  return (Math.cbrt(statistic / degrees) - (1 - spread)) / Math.sqrt(spread);
}

function idsOf(rows: readonly SampledTokens[]): number[][] {
  return rows.map(({ ids }) => [...ids]);
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return undefined;
}

function equal(got: unknown, needed: unknown): void {
  check(
    JSON.stringify(got) === JSON.stringify(needed),
    JSON.stringify(got),
    JSON.stringify(needed),
  );
}

function check(isTrue: boolean, got: string, needed: string): void {
  if (!isTrue) throw new Error(`samplerChecks: needs ${needed}, got ${got}.`);
}
