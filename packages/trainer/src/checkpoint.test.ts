import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainablePolicy } from '@grpo/policy';
import { afterAll, expect, test } from 'vitest';
import { latestCheckpoint, restoreWeights, saveCheckpoint } from './checkpoint.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-checkpoint-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A policy whose whole state is one text. */
function policyOf(text: string): TrainablePolicy & { text: string } {
  return {
    text,
    async save(folder) {
      mkdirSync(folder);
      writeFileSync(join(folder, 'weights'), this.text);
    },
    async load(folder) {
      this.text = readFileSync(join(folder, 'weights'), 'utf8');
    },
    logProbs: async () => new Float64Array(),
    forwardBackward: async () => ({ loss: 0, metrics: {}, logProbs: new Float64Array() }),
    discardGradients: () => {},
    optimStep: async () => ({ gradNorm: 0 }),
    sampler: () => ({ sample: async () => [] }),
  };
}
const never = (message: string) => {
  throw new Error(message);
};

test('what was saved is restored, and the newest comes first', async () => {
  const folder = join(scratch, 'round-trip');
  await saveCheckpoint(folder, { policy: policyOf('early') }, { step: 9, tokens: 90 }, 5);
  await saveCheckpoint(folder, { policy: policyOf('late') }, { step: 10, tokens: 100 }, 5);
  const checkpoint = await latestCheckpoint(folder, never);
  expect(checkpoint?.state).toEqual({ step: 10, tokens: 100 });
  const policy = policyOf('');
  if (checkpoint) await restoreWeights({ policy }, checkpoint);
  expect(policy.text).toBe('late');
});

test('a critic is saved and restored with the policy, and its absence is an error', async () => {
  const folder = join(scratch, 'critic');
  const criticOf = (text: string) => {
    const valueFunction = {
      text,
      values: async () => new Float64Array(),
      update: async () => ({ metrics: {} }),
      async save(to: string) {
        mkdirSync(to);
        writeFileSync(join(to, 'value'), this.text);
      },
      async load(from: string) {
        this.text = readFileSync(join(from, 'value'), 'utf8');
      },
    };
    const model = {
      hiddenStates: async () => {
        const none = { data: new Float32Array(), shape: [0, 1] as const };
        return { before: none, after: none };
      },
    };
    return { valueFunction, model, update: { learningRate: 0 } };
  };
  const policy = policyOf('p');
  await saveCheckpoint(folder, { policy, critic: criticOf('c') }, { step: 1, tokens: 0 }, 5);
  const withCritic = await latestCheckpoint(folder, never);
  const critic = criticOf('');
  if (withCritic) await restoreWeights({ policy, critic }, withCritic);
  expect(critic.valueFunction.text).toBe('c');

  await saveCheckpoint(folder, { policy }, { step: 2, tokens: 0 }, 5);
  const without = await latestCheckpoint(folder, never);
  if (without === undefined) throw new Error('the checkpoint is not there');
  await expect(restoreWeights({ policy, critic }, without)).rejects.toThrow(
    'needs a checkpoint with a critic',
  );
});

test('only the newest stay, and a step that is saved again replaces its checkpoint', async () => {
  const folder = join(scratch, 'kept');
  for (const step of [5, 10, 15, 20]) {
    await saveCheckpoint(folder, { policy: policyOf(String(step)) }, { step, tokens: 0 }, 2);
  }
  await saveCheckpoint(folder, { policy: policyOf('again') }, { step: 20, tokens: 1 }, 2);
  expect(readdirSync(folder).sort()).toEqual(['step-000015', 'step-000020']);
  expect((await latestCheckpoint(folder, never))?.state.tokens).toBe(1);
});

test.each<[string, (folder: string) => void]>([
  ['a changed file', (folder) => writeFileSync(join(folder, 'policy', 'weights'), 'other')],
  ['a missing file', (folder) => rmSync(join(folder, 'policy', 'weights'))],
  ['no list of checksums', (folder) => rmSync(join(folder, 'checksums.json'))],
])('%s makes a checkpoint be passed over, with a message', async (what, damage) => {
  const folder = join(scratch, what);
  await saveCheckpoint(folder, { policy: policyOf('good') }, { step: 1, tokens: 0 }, 2);
  await saveCheckpoint(folder, { policy: policyOf('bad') }, { step: 2, tokens: 0 }, 2);
  damage(join(folder, 'step-000002'));
  const said: string[] = [];
  const checkpoint = await latestCheckpoint(folder, (message) => said.push(message));
  expect(checkpoint?.state.step).toBe(1);
  expect(said).toEqual([expect.stringContaining('step-000002 is damaged')]);
});

test('leftovers of an interrupted write are no checkpoints, and the next write removes its own', async () => {
  const folder = join(scratch, 'leftovers');
  await saveCheckpoint(folder, { policy: policyOf('good') }, { step: 1, tokens: 0 }, 2);
  cpSync(join(folder, 'step-000001'), join(folder, 'step-000002.writing'), { recursive: true });
  expect((await latestCheckpoint(folder, never))?.state.step).toBe(1);
  await saveCheckpoint(folder, { policy: policyOf('good') }, { step: 2, tokens: 0 }, 2);
  expect(readdirSync(folder).sort()).toEqual(['step-000001', 'step-000002']);
});

test('a save that fails leaves the checkpoints as they were', async () => {
  const folder = join(scratch, 'fails');
  await saveCheckpoint(folder, { policy: policyOf('good') }, { step: 1, tokens: 0 }, 2);
  const broken = { ...policyOf(''), save: async () => never('disk full') };
  await expect(
    saveCheckpoint(folder, { policy: broken }, { step: 2, tokens: 0 }, 2),
  ).rejects.toThrow('disk full');
  expect(readdirSync(folder)).toEqual(['step-000001']);
});

test('a folder that is not there has no checkpoint', async () => {
  expect(await latestCheckpoint(join(scratch, 'nowhere'), never)).toBeUndefined();
});
