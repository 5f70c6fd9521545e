import { fileURLToPath } from 'node:url';
import { keyedRandom } from '@grpo/random';
import {
  availableBackends,
  countTensors,
  dispose,
  initBackend,
  type NamedTensors,
  type Tensor,
  tensor,
} from '@grpo/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { weightShapes } from '../architectures/config.js';
import { toTokenBatch } from '../engine/token-batch.js';
import { LanguageModel } from '../model/language-model.js';
import { samplerChecks } from '../testing.js';
import type { SampledTokens } from '../types.js';
import { createEngineSampler, createSampler } from './sampler.js';
import { tensorEngine } from './tensor-engine.js';

const folder = fileURLToPath(new URL('../../fixtures/llama-gqa-tied', import.meta.url));
const open = () => LanguageModel.open(folder);
const prompts = [
  [3, 9, 27, 81],
  [5, 6],
  [3, 9, 27, 81],
  [40, 41, 42, 43, 44, 45],
];
const requests = prompts.map((ids, seed) => ({ ids, seed }));
const options = { maxTokens: 12, temperature: 0.8, stopIds: [7, 8, 9, 10, 11, 12, 13, 14] };

const backends = await availableBackends();

beforeAll(async () => {
  await initBackend('wasm');
});

describe.each(backends)('on the %s backend', (backend) => {
  let model: LanguageModel;
  beforeAll(async () => {
    await initBackend(backend);
    model = open();
  });
  afterAll(async () => {
    model.dispose();
    await initBackend('wasm');
  });

  const checks = samplerChecks(
    { sample: (asked, how) => model.sampler({ maxBatchSize: 200 }).sample(asked, how) },
    {
      logits: async (ids) => (await model.logits(ids)).slice(-model.config.vocabularySize),
      prompt: [3, 9, 27, 81],
      temperature: 0.8,
      draws: 1000,
    },
  );
  test.each(checks.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run());

  test('a conversation runs each of its tokens once, and every answer is that of its whole prompt', async () => {
    const names = model.hostWeights().tensors;
    const weights = Object.fromEntries(
      [...names].map(([name, { shape, read }]) => [name, tensor(read(), [...shape])]),
    );
    const inner = tensorEngine(model.config, () => weights);
    let run = 0;
    const counted = {
      ...inner,
      prefill: (asked: readonly (readonly number[])[]) => {
        run += asked.reduce((sum, { length }) => sum + length, 0);
        return inner.prefill(asked);
      },
      step: (...args: Parameters<typeof inner.step>) => {
        run += args[1].length;
        return inner.step(...args);
      },
    };
    const sampler = createEngineSampler(model.config, counted);
    const how = { maxTokens: 6, stopIds: [], isContinued: true };
    let talks = [
      [3, 9, 27, 81],
      [5, 6, 7],
    ];
    for (let turn = 0; turn < 4; turn++) {
      const asked = talks.map((ids, t) => ({ ids, seed: 10 * turn + t }));
      const said = await sampler.sample(asked, how);
      const anew = await model.sampler().sample(asked, { ...how, isContinued: false });
      expect(said.map(({ ids }) => ids)).toEqual(anew.map(({ ids }) => ids));
      for (const [t, { logProbs }] of said.entries()) {
        for (const [i, value] of logProbs.entries())
          expect(value).toBeCloseTo(anew[t].logProbs[i], 4);
      }
      talks = talks.map((ids, t) => [...ids, ...said[t].ids, 8]);
    }
    const tokens = talks.reduce((sum, { length }) => sum + length, 0);
    expect(run).toBeLessThanOrEqual(tokens);
    dispose(weights);
  });

  test('rotating, dropping and admitting rows changes no request', async () => {
    const random = keyedRandom('rows');
    const many = Array.from({ length: 7 }, (_, seed) => ({
      ids: Array.from({ length: 1 + random.integer(seed % 3 === 0 ? 40 : 6) }, () =>
        random.integer(96),
      ),
      seed: seed % 5,
      maxTokens: 1 + random.integer(12),
    }));
    const group = many.flatMap((request) => [request, { ...request, seed: request.seed + 100 }]);
    const how = { ...options, maxTokens: 20 };
    const alone: SampledTokens[] = [];
    for (const request of group) alone.push(...(await model.sampler().sample([request], how)));
    const known = alone.map(({ ids }) => ids);
    for (const maxBatchSize of [3, 7]) {
      const sampler = model.sampler({ maxBatchSize });
      const turned = await sampler.sample([...group.slice(5), ...group.slice(0, 5)], how);
      const back = [...turned.slice(-5), ...turned.slice(0, -5)];
      expect(back.map(({ ids }) => ids)).toEqual(known);
      const calls: Promise<SampledTokens[]>[] = [];
      for (const request of group) {
        calls.push(sampler.sample([request], how));
        await new Promise((resolve) => setTimeout(resolve, 1)); // arrives while others are decoded
      }
      const rows = (await Promise.all(calls)).flat();
      expect(rows.map(({ ids }) => ids)).toEqual(known);
    }
  });

  test('a sequence longer than a tail of the cache is scored as the policy scores it', async () => {
    const [{ ids, logProbs }] = await model
      .sampler()
      .sample([{ ids: [5], seed: 3 }], { maxTokens: 127, temperature: 0.8, stopIds: [] });
    const all = [5, ...ids];
    const batch = toTokenBatch([{ ids: all, mask: all.map((_, t) => t > 0) }], 0.8);
    const known = await model.logProbs(batch);
    const errors = logProbs.map((value, t) => Math.abs(value - known[t + 1]));
    expect(errors).toHaveLength(127);
    expect(Math.max(...errors)).toBeLessThan(1e-4);
  });

  test('calls that end, fail or are aborted leave no tensor behind', async () => {
    const before = countTensors();
    const sampler = model.sampler({ maxBatchSize: 3 });
    const abort = new AbortController();
    const calls = [
      sampler.sample(requests, options),
      sampler.sample(requests, {
        ...options,
        onToken: () => {
          throw new Error('no more');
        },
      }),
      sampler.sample(requests, {
        ...options,
        stopIds: [],
        signal: abort.signal,
        onToken: () => abort.abort(new Error('enough')),
      }),
    ];
    const ends = await Promise.allSettled(calls);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    await expect.poll(countTensors).toBe(before);
  });
});

test('the log-probs of the sampler are those of the policy at the same temperature', async () => {
  const model = open();
  const sampled = await model.sampler().sample(requests, options);
  const batch = toTokenBatch(
    sampled.map(({ ids }, r) => ({
      ids: [...prompts[r], ...ids],
      mask: [...prompts[r].map(() => false), ...ids.map(() => true)],
    })),
    options.temperature,
  );
  const logProbs = await model.logProbs(batch);
  for (const [r, row] of sampled.entries()) {
    row.logProbs.forEach((value, t) => {
      const at = r * batch.shape[1] + prompts[r].length + t;
      expect(Math.abs(value - logProbs[at])).toBeLessThan(1e-4);
    });
  }
  model.dispose();
});

test('a row does not depend on the rows beside it', async () => {
  const model = open();
  const together = await model.sampler().sample(requests, options);
  for (const [r, request] of requests.entries()) {
    const [alone] = await model.sampler().sample([request], options);
    expect(alone.ids).toEqual(together[r].ids);
  }
  model.dispose();
});

test('rows with the same prompt differ by their seeds, and only by them', async () => {
  const model = open();
  const sample = (seed: number) =>
    model.sampler().sample([{ ids: [3, 9, 27], seed }], { ...options, stopIds: [] });
  const [[a], [b], [c]] = [await sample(1), await sample(1), await sample(2)];
  expect(b).toEqual(a);
  expect(c.ids).not.toEqual(a.ids);
  model.dispose();
});

test('a stop id ends a row and is kept; the budget and the context end the others', async () => {
  const model = open();
  const sampled = await model.sampler().sample(requests, options);
  const reasons = new Set(sampled.map(({ stopReason }) => stopReason));
  expect(reasons).toEqual(new Set(['stop', 'length']));
  for (const { ids, logProbs, stopReason } of sampled) {
    expect(logProbs.length).toBe(ids.length);
    const stops = ids.map((id) => options.stopIds.includes(id));
    expect(stops.slice(0, -1)).not.toContain(true);
    expect(stops.at(-1)).toBe(stopReason === 'stop');
    if (stopReason === 'length') expect(ids.length).toBe(options.maxTokens);
  }
  const nearlyFull = new Array<number>(125).fill(5);
  const [last] = await model
    .sampler()
    .sample([{ ids: nearlyFull, seed: 1 }], { maxTokens: 50, stopIds: [] });
  expect(last).toMatchObject({ stopReason: 'length' });
  expect(last.ids.length).toBe(3);
  model.dispose();
});

test('sampled frequencies follow the distribution of the policy', async () => {
  const model = open();
  const many = Array.from({ length: 4000 }, (_, seed) => ({ ids: [3, 9], seed }));
  const sampled = await model.sampler().sample(many, { maxTokens: 1, temperature: 1, stopIds: [] });
  const logits = await model.logits([3, 9]);
  const v = model.config.vocabularySize;
  const row = logits.slice(v);
  const total = row.reduce((sum, z) => sum + Math.exp(z), 0);
  const chiSquare = row.reduce((sum, z, id) => {
    const expected = (4000 * Math.exp(z)) / total;
    const seen = sampled.filter(({ ids }) => ids[0] === id).length;
    return sum + (seen - expected) ** 2 / expected;
  }, 0);
  // 95 degrees of freedom: above 150 with probability 0.0003.
  expect(chiSquare).toBeLessThan(150);
  expect(chiSquare).toBeGreaterThan(50);
  model.dispose();
});

test('the event loop gets a turn between tokens, and an abort ends the call', async () => {
  const model = open();
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const abort = new AbortController();
  await expect(
    model.sampler().sample([{ ids: [3], seed: 1 }], {
      maxTokens: 120,
      stopIds: [],
      signal: abort.signal,
      onToken: () => {
        if (turns > 0) abort.abort(new Error('enough'));
      },
    }),
  ).rejects.toThrow('enough');
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
  model.dispose();
});

describe('weights', () => {
  const fixture = open();
  const config = fixture.config;
  fixture.dispose();
  const random = keyedRandom('weights');
  const make = (): Record<string, Tensor> =>
    Object.fromEntries(
      [...weightShapes(config)].map(([name, shape]) => {
        const size = shape.reduce((product, length) => product * length, 1);
        return [
          name,
          tensor(
            Float32Array.from({ length: size }, () => random.normal()),
            [...shape],
          ),
        ];
      }),
    );

  test('a prompt is run once for its group, also where the group is larger than the batch', async () => {
    const weights = make();
    let reads = 0;
    const counted = new Proxy<NamedTensors>(weights, {
      get: (target, name: string) => {
        if (name === 'model.norm.weight') reads += 1;
        return target[name];
      },
    });
    const passes = async (prompts: readonly (readonly number[])[], maxBatchSize: number) => {
      reads = 0;
      const sampler = createSampler(config, () => counted, { maxBatchSize });
      await sampler.sample(
        prompts.map((ids, seed) => ({ ids, seed })),
        { maxTokens: 1, stopIds: [] },
      );
      return reads;
    };
    const group = new Array<number[]>(8).fill([3, 9, 27]);
    expect(await passes(group, 8)).toBe(1);
    expect(await passes(group, 2)).toBe(1);
    expect(await passes([[1], [2], [1], [2]], 2)).toBe(1);
    expect(await passes([[1], [2], [3]], 1)).toBe(3);
    dispose(weights);
  });

  test('weights that change reject the calls that are decoded, and serve those that come after', async () => {
    const first = make();
    const second = make();
    let weights = first;
    const sampler = createSampler(config, () => weights, { maxBatchSize: 4 });
    const how = { maxTokens: 30, stopIds: [] };
    const running = sampler.sample(requests, {
      ...how,
      onToken: () => {
        weights = second;
      },
    });
    const waiting = sampler.sample(requests, how);
    await expect(running).rejects.toThrow(
      "needs the same weights from a request's first token to its last, got other ones while 4 requests were decoded. Await them before optimStep or load.",
    );
    const known = await createSampler(config, () => second).sample(requests, how);
    expect((await waiting).map(({ ids }) => ids)).toEqual(known.map(({ ids }) => ids));
    weights = { ...first }; // between calls, and other objects may hold the same tensors
    const again = await sampler.sample(requests, {
      ...how,
      onToken: () => {
        weights = { ...first };
      },
    });
    expect(again.map(({ ids }) => ids)).not.toEqual(known.map(({ ids }) => ids));
    dispose([first, second]);
  });

  test('weights that are gone reject every call', async () => {
    const weights = make();
    dispose(weights);
    const sampler = createSampler(config, () => weights);
    const calls = [sampler.sample(requests, options), sampler.sample(requests, options)];
    const ends = await Promise.allSettled(calls);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

test('a stop string ends a row with the token that completes it', async () => {
  const model = open();
  const tokenizer = {
    encode: () => [],
    decode: (ids: readonly number[]) => ids.map((id) => `${id} `).join(''),
    tokenId: () => undefined,
    vocabularySize: 96,
  };
  const request = { ids: [3, 9, 27], seed: 5 };
  const [{ ids }] = await model.sampler().sample([request], { ...options, stopIds: [] });
  const stop = `${ids[3]} ${ids[4]} `;
  const how = { ...options, stopIds: [], stopStrings: [stop] };
  const [stopped] = await model.sampler({ tokenizer }).sample([request], how);
  expect(stopped).toMatchObject({ ids: ids.slice(0, 5), stopReason: 'stop', stoppedBy: stop });
  await expect(model.sampler().sample([request], how)).rejects.toThrow(
    'needs a tokenizer to find stopStrings, got none. Open the sampler with { tokenizer }.',
  );
  model.dispose();
});

test('ids that the model does not have are refused', async () => {
  const model = open();
  const sample = (ids: number[]) => model.sampler().sample([{ ids, seed: 1 }], options);
  await expect(sample([96])).rejects.toThrow('needs token ids from 0 to 95, got 96 in request 0');
  await expect(sample([])).rejects.toThrow('needs at least one prompt token');
  await expect(sample(new Array<number>(128).fill(1))).rejects.toThrow(
    'needs a prompt shorter than the context of 128 tokens, got 128 in request 0',
  );
  model.dispose();
});

test('a batch of no rows is refused', () => {
  const model = open();
  expect(() => model.sampler({ maxBatchSize: 0 })).toThrow(
    'needs maxBatchSize of at least 1, got 0',
  );
  model.dispose();
});
