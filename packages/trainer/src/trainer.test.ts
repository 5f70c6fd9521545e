import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChatFormat, LanguageModel, type Sampler } from '@grpo/policy';
import { clippedLoss, compose } from '@grpo/policy-loss';
import { initBackend } from '@grpo/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { heldOut, textFiles, tinyConfig, tinyModel, tinyParts } from '../fixtures/tiny-run.mjs';
import type { Callback } from './callback.js';
import type { EpisodeLine } from './episode-lines.js';
import type { RunEvent } from './events.js';
import { readJsonLines } from './json-lines.js';
import { rollOut } from './rollout.js';
import { train } from './train.js';
import { Trainer } from './trainer.js';
import type { TrainerOptions } from './trainer-options.js';
import type { NamedParts, RollOut, TrainConfig } from './types.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-trainer-'));
beforeAll(async () => {
  await initBackend('wasm');
});
afterAll(() => rmSync(scratch, { recursive: true }));

let runs = 0;
/** Options of a run in a folder of its own, and what it says. */
function options(
  config: Partial<TrainConfig> = {},
  parts: Partial<NamedParts> = {},
  more: Omit<Partial<TrainerOptions>, 'parts' | 'folder' | 'config'> = {},
) {
  const said: string[] = [];
  return {
    said,
    parts: tinyParts(parts),
    config: { ...tinyConfig, ...config },
    folder: join(scratch, `run ${runs++}`),
    evalDataset: heldOut,
    say: (message: string) => said.push(message),
    ...more,
  };
}
const eventsIn = (trainer: Trainer) =>
  [...readJsonLines<RunEvent>(trainer.files.events)].map(({ record }) => record);
const linesIn = (trainer: Trainer) =>
  [...readJsonLines<EpisodeLine>(trainer.files.episodes)].map(({ record }) => record);
const logitsOf = (model: { logits(ids: readonly number[]): Promise<Float32Array> }) =>
  model.logits([1, 5, 2]);
const timeless = (record: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !/^(time|memory)\//.test(name)));

test('a run driven step by step, one by its iterator and one by a single call are the same', async () => {
  const byHand = await Trainer.start(options({ maxSteps: 3 }));
  while (!byHand.isDone) await byHand.step();
  await byHand.close();
  const iterated = await Trainer.start(options({ maxSteps: 3 }));
  const seen: number[] = [];
  for await (const { step } of iterated) seen.push(step);
  await iterated.close();
  const called = await train(options({ maxSteps: 3 }));
  expect(seen).toEqual([1, 2, 3]);
  expect(byHand.records.map(timeless)).toEqual(called.map(timeless));
  expect(iterated.records.map(timeless)).toEqual(called.map(timeless));
  expect(byHand.stopReason).toBe('All 3 steps are done.');
  expect(readdirSync(byHand.files.checkpoints)).toEqual(['step-000002', 'step-000003']);
});

test('callbacks are told at every seam, in order, and each is awaited', async () => {
  const told: string[] = [];
  const slowly = async (word: string) => {
    await new Promise((done) => setTimeout(done, 1));
    told.push(word);
  };
  const callback: Callback = {
    onStart: ({ stepsDone }) => slowly(`start ${stepsDone}`),
    onRollouts: ({ rollouts }) => slowly(`rollouts ${rollouts.length}`),
    onAdvantages: (advantages) => slowly(`advantages ${advantages.length}`),
    onStep: ({ step }, { records }) => slowly(`step ${step} of ${records.length}`),
    onEvaluate: ({ rollouts }) => slowly(`evaluate ${rollouts.length}`),
    onAlarm: ({ alarm }) => slowly(`alarm ${alarm}`),
    onSave: (folder) => slowly(`save ${folder.slice(-1)}`),
    onEnd: ({ stepsDone }) => slowly(`end ${stepsDone}`),
  };
  const config = { maxSteps: 2, evalSteps: 2 };
  const alarms = { window: 1, equalGroups: -1 };
  await train(options(config, {}, { callbacks: [callback], alarms }));
  const [first, second] = [told.indexOf('step 1 of 1'), told.indexOf('step 2 of 2')];
  expect(told.slice(0, 3)).toEqual(['start 0', 'rollouts 16', 'advantages 16']);
  expect(told.slice(3, first).every((word) => word.startsWith('alarm '))).toBe(true);
  expect(told.slice(first + 1, first + 3)).toEqual(['rollouts 16', 'advantages 16']);
  expect(told.slice(second + 1)).toEqual(['evaluate 2', 'save 2', 'end 2']);
  expect(told).toContain('alarm equal-groups');
});

test('an alarm is an event with its value, and is said', async () => {
  const given = options({ maxSteps: 1 }, {}, { alarms: { window: 1, equalGroups: -1 } });
  const trainer = await Trainer.start(given);
  await trainer.step();
  await trainer.close();
  const alarm = eventsIn(trainer).find(({ fields }) => fields?.alarm === 'equal-groups');
  expect(alarm).toMatchObject({ level: 'warning', event: 'alarm', step: 1 });
  expect(typeof alarm?.fields?.value).toBe('number');
  expect(given.said).toContain(alarm?.message);
});

test('a tracker that throws is told of once, written down each time, and passed over', async () => {
  const seen: number[] = [];
  const broken = () => {
    throw new Error('no network');
  };
  const trackers = [broken, ({ step }: { step: number }) => void seen.push(step)];
  const given = options({ maxSteps: 3 }, {}, { trackers });
  const trainer = await Trainer.start(given);
  for await (const _ of trainer);
  await trainer.close();
  expect(seen).toEqual([1, 2, 3]);
  expect(given.said.filter((message) => message.includes('no network'))).toHaveLength(1);
  expect(eventsIn(trainer).filter(({ event }) => event === 'tracker-failed')).toHaveLength(3);
});

test('a stop that is asked for comes after the step, is saved, and says why', async () => {
  const given = options(
    { maxSteps: 9, saveSteps: 50 },
    {},
    { callbacks: [{ onAdvantages: (_a, _c, run) => run.requestStop('enough') }] },
  );
  const records = await train(given);
  expect(records).toHaveLength(1);
  const resumed = await Trainer.start({ ...given, callbacks: [], resume: true });
  expect([resumed.stepsDone, resumed.isDone]).toEqual([1, false]);
  await resumed.close();
  expect(eventsIn(resumed).map(({ event }) => event)).toContain('stop-requested');
});

test('a signal cancels the step that is under way, and the run goes on from its checkpoint', async () => {
  const controller = new AbortController();
  const cancel = {
    onStep: ({ step }: { step: number }) => step === 3 && controller.abort('tired'),
  };
  const given = options({}, {}, { signal: controller.signal, callbacks: [cancel as Callback] });
  await expect(train(given)).rejects.toBe('tired');
  const { signal: _s, callbacks: _c, ...again } = given;
  const resumed = await train({ ...again, parts: tinyParts(), resume: true });
  expect(resumed.map(timeless)).toEqual((await train(options())).map(timeless));
});

test('the weights of a step whose record could not be written are not saved', async () => {
  const trainer = await Trainer.start(
    options({ maxSteps: 9, saveSteps: 1, logCompletions: false }),
  );
  await trainer.step();
  const { metrics, checkpoints } = trainer.files;
  renameSync(metrics, `${metrics}.aside`);
  mkdirSync(metrics); // nothing can be appended to a folder
  await expect(trainer.step()).rejects.toThrow('EISDIR');
  rmdirSync(metrics);
  renameSync(`${metrics}.aside`, metrics);
  await trainer.close();
  expect(readdirSync(checkpoints)).toEqual(['step-000001']);
});

describe('with a metric that says what is best', () => {
  /** Evaluations whose reward is what the list says. */
  function judged(values: readonly number[]) {
    let evaluation = 0;
    let last = -1;
    return {
      name: 'judged',
      fn: ({ row }: { row: Readonly<Record<string, unknown>>; completion: string }) => {
        if (row.prompt === 'held out') {
          if (++last % 2 === 0) evaluation = last / 2;
          return values[evaluation] ?? 0;
        }
        return Math.sin(++calls); // training needs rewards that differ
      },
    };
  }
  let calls = 0;
  const evalDataset = {
    name: 'judged',
    tasks: heldOut.tasks.map((task) => ({ ...task, row: { prompt: 'held out' } })),
  };
  const metric = { evalSteps: 1, metricForBestModel: 'eval/reward', saveSteps: 1 };

  test('the best checkpoint stays and its weights are those at the end', async () => {
    const config = { ...metric, maxSteps: 5, saveTotalLimit: 1, loadBestModelAtEnd: true };
    const rewards = [judged([0.1, 0.9, 0.3, 0.9, 0.2])];
    const given = options(config, { rewards }, { evalDataset });
    const trainer = await Trainer.start(given);
    for await (const _ of trainer);
    const last = await logitsOf(given.parts.policy);
    await trainer.close();
    expect(trainer.best).toEqual({ step: 2, value: 0.9, since: 3 });
    expect(readdirSync(trainer.files.checkpoints)).toEqual(['step-000002', 'step-000005']);
    const best = LanguageModel.open(join(trainer.files.checkpoints, 'step-000002', 'policy'));
    expect(await logitsOf(given.parts.policy)).toEqual(await logitsOf(best));
    expect(await logitsOf(given.parts.policy)).not.toEqual(last);
    best.dispose();
  });

  test('the run stops after so many evaluations that were no better', async () => {
    const config = {
      ...metric,
      maxSteps: 9,
      earlyStoppingPatience: 2,
      earlyStoppingThreshold: 0.05,
    };
    const rewards = [judged([0.1, 0.5, 0.52, 0.4, 0.9])];
    const trainer = await Trainer.start(options(config, { rewards }, { evalDataset }));
    for await (const _ of trainer);
    await trainer.close();
    expect(trainer.stepsDone).toBe(4);
    expect(trainer.stopReason).toContain('No evaluation was better than that of step 2 (0.5)');
  });
});

test('a reference that follows is α times the policy and 1 − α times itself, every so many steps', async () => {
  /** Every weight of a model, in the order of its file. */
  const weightsOf = async (model: LanguageModel) => {
    const folder = join(scratch, `weights ${runs++}`);
    await model.save(folder);
    const bytes = readFileSync(join(folder, 'model.safetensors'));
    const start = 8 + Number(bytes.readBigUInt64LE()); // after the header
    return Array.from({ length: (bytes.length - start) / 4 }, (_, i) =>
      bytes.readFloatLE(start + 4 * i),
    );
  };
  const reference = tinyModel();
  const parts = { reference, loss: { name: 'clipped', beta: 0.1 } };
  const config = { syncRefModel: true, refModelMixupAlpha: 0.25, refModelSyncSteps: 2 };
  const given = options(config, parts);
  const trainer = await Trainer.start(given);
  let expected = await weightsOf(reference);
  for await (const { step } of trainer) {
    const policy = await weightsOf(given.parts.policy);
    if (step % 2 === 0) expected = expected.map((w, i) => 0.25 * policy[i] + 0.75 * w);
    const apart = (await weightsOf(reference)).map((w, i) => Math.abs(w - expected[i]));
    expect(Math.max(...apart)).toBeLessThan(1e-6);
    expect(policy).not.toEqual(expected);
  }
  await trainer.close();
  expect(existsSync(join(trainer.files.checkpoints, 'step-000006', 'reference'))).toBe(true);
});

describe('a loss that is not finite', () => {
  const nan = compose({
    surrogate: ({ logProbs }) => ({
      values: logProbs.map(() => Number.NaN),
      backward: () => new Float64Array(logProbs.length),
      metrics: {},
    }),
  });

  test('now and then is skipped, told of and counted, and the run goes on', async () => {
    const sound = clippedLoss();
    let calls = 0;
    const sometimes = (input: Parameters<typeof sound>[0]) => (calls++ === 1 ? nan : sound)(input);
    const given = options({ maxSteps: 3 }, { loss: sometimes });
    const trainer = await Trainer.start(given);
    for await (const _ of trainer);
    await trainer.close();
    expect(trainer.records.map(({ skipped_steps }) => skipped_steps)).toEqual([0, 1, 0]);
    expect(trainer.records[1]).not.toHaveProperty('loss');
    expect(given.said).toContainEqual(
      expect.stringContaining('An optimizer step was skipped: The loss is NaN'),
    );
  });

  test('too often in a row stops the run, with weights as they were', async () => {
    const given = options({ maxSkippedSteps: 2 }, { loss: nan });
    const before = await logitsOf(given.parts.policy);
    await expect(train(given)).rejects.toThrow(
      'got none in 3 optimizer steps in a row. The last: The loss is NaN',
    );
    expect(await logitsOf(given.parts.policy)).toEqual(before);
  });
});

describe('a step', () => {
  test('takes a KL off the reward where the configuration has a coefficient for it', async () => {
    const config = { maxSteps: 2, rewardKlCoefficient: 0.5 };
    const plain = await train(options({ maxSteps: 2 }));
    const records = await train(options(config, { reference: tinyModel(9) }));
    expect(records[0]['reward_kl/mean']).not.toBe(0);
    expect(records[0].loss).not.toBe(plain[0].loss);
    const none = train(options(config));
    await expect(none).rejects.toThrow('rewardKlCoefficient needs a reference');
  });

  test('with old log-probs of its own has a ratio of exactly 1, whatever the sampler said', async () => {
    const off = (model: LanguageModel): Sampler => ({
      sample: async (...args) =>
        (await model.sampler().sample(...args)).map((one) => ({
          ...one,
          logProbs: one.logProbs.map((logProb) => logProb - 0.5),
        })),
    });
    const [first, second] = [tinyModel(), tinyModel()];
    const sampled = { policy: first, sampler: off(first) };
    const [given] = await train(options({ maxSteps: 1 }, sampled));
    const [computed] = await train(
      options(
        { maxSteps: 1, recomputesOldLogProbs: true },
        { policy: second, sampler: off(second) },
      ),
    );
    expect(given['ratio/mean']).toBeCloseTo(Math.exp(0.5), 3);
    expect(computed['ratio/min']).toBeCloseTo(1, 5);
    expect(computed['ratio/max']).toBeCloseTo(1, 5);
    expect(computed['sampling/sampling_logp_difference/mean']).toBeCloseTo(0.5, 4);
  });

  test('learns nothing from answers that were cut off, where it is told so', async () => {
    const cutOff: RollOut = async (...args) =>
      (await rollOut(...args)).map((one) => ({
        ...one,
        episode: { ...one.episode, end: 'length' },
      }));
    const taught = options({ maxSteps: 1 }, { rollOut: cutOff });
    const before = await logitsOf(taught.parts.policy);
    await train(taught);
    expect(await logitsOf(taught.parts.policy)).not.toEqual(before);

    const given = options({ maxSteps: 1, maskTruncatedCompletions: true }, { rollOut: cutOff });
    await train(given);
    expect(await logitsOf(given.parts.policy)).toEqual(before);
  });

  test('writes each episode with its text, rewards, advantage and tokens', async () => {
    const trainer = await Trainer.start(options({ maxSteps: 1 }));
    await trainer.step();
    await trainer.close();
    const lines = linesIn(trainer);
    expect(lines).toHaveLength(16);
    const chat = createChatFormat(textFiles);
    for (const { ids, mask, logProbs, messages, rewards, advantage, step } of lines) {
      expect(step).toBe(1);
      const own = ids.filter((_, t) => mask[t] === 1);
      expect(messages.at(-1)?.content).toBe(chat.decodeCompletion(own));
      expect(rewards.sevens).toBe(
        own.filter((id) => chat.decodeCompletion([id]) === '7').length / 4,
      );
      expect(Number.isFinite(advantage)).toBe(true);
      expect(logProbs.every((logProb, t) => (mask[t] === 1 ? logProb <= 0 : logProb === 0))).toBe(
        true,
      );
    }
    const sums = [...new Set(lines.map(({ group }) => group))].map((name) =>
      lines
        .filter(({ group }) => group === name)
        .reduce((sum, { advantage }) => sum + (advantage ?? Number.NaN), 0),
    );
    expect(sums).toHaveLength(4);
    for (const sum of sums) expect(sum).toBeCloseTo(0, 6);
  });
});
