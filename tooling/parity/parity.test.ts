import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as advantage from '@grpo/advantage';
import * as policy from '@grpo/policy';
import * as policyLoss from '@grpo/policy-loss';
import * as safetensors from '@grpo/safetensors';
import { initBackend } from '@grpo/tensor';
import * as trainer from '@grpo/trainer';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compareFolder } from './compare-folder.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = { advantage, policyLoss, policy, safetensors, trainer };
const fixture = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));

const policyFixtures = join(root, 'packages/policy/fixtures');

let folder = '';
beforeAll(async () => {
  await initBackend('wasm');
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-parity-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A folder with the first case of a file, changed. */
function withCase(path: string, change: (one: Record<string, never>) => object) {
  const { kind, cases } = fixture(path);
  writeFileSync(
    join(folder, 'one.json'),
    JSON.stringify({ kind, cases: [{ ...cases[0], ...change(cases[0]) }] }),
  );
  return compareFolder(folder, packages);
}

describe('parity', () => {
  it.each([
    ['packages/advantage/fixtures', 37],
    ['packages/policy-loss/fixtures', 56],
    ['packages/policy/fixtures/chatml-tokenizer', 134],
    ['packages/policy/fixtures/llama-gqa-tied', 2],
    ['packages/policy/fixtures/qwen2-qkv-bias', 2],
    ['packages/policy/fixtures/training', 6],
  ])('every case of %s passes', async (path, count) => {
    const { lines, passed, failed } = await compareFolder(join(root, path), packages);
    expect(lines.filter((line) => line.startsWith('FAIL'))).toEqual([]);
    expect({ passed, failed }).toEqual({ passed: count, failed: 0 });
  });

  it('prints the largest error of each output', async () => {
    const { lines } = await withCase('packages/policy-loss/fixtures/policy-loss.json', () => ({}));
    expect(lines).toEqual([
      expect.stringMatching(
        /^pass {2}policy-loss: base\/grpo\/token {2}loss \S+ {2}gradient \S+ {2}metrics \S+$/,
      ),
    ]);
  });

  it.each([
    ['packages/policy-loss/fixtures/policy-loss.json', 'loss', (value: number) => value + 2e-9],
    ['packages/policy-loss/fixtures/policy-loss.json', 'loss', () => null],
    [
      'packages/policy-loss/fixtures/policy-loss.json',
      'grad_logps',
      (rows: number[][]) => rows.slice(1),
    ],
    [
      'packages/policy-loss/fixtures/policy-loss.json',
      'metrics',
      () => ({ 'clip_ratio/low_mean': 0.5 }),
    ],
    ['packages/policy-loss/fixtures/policy-loss.json', 'metrics', () => ({ unknown: 0 })],
    ['packages/policy-loss/fixtures/policy-loss.json', 'metrics', () => ({ entropy: null })],
    ['packages/policy-loss/fixtures/policy-loss.json', 'advantages', () => [1]],
    [
      'packages/advantage/fixtures/grpo-advantages.json',
      'advantages',
      (A: number[]) => A.map((a) => a + 1e-7),
    ],
    ['packages/advantage/fixtures/rloo-advantages.json', 'metrics', () => ({ reward: 0 })],
    [
      'packages/advantage/fixtures/gae.json',
      'returns',
      (rows: number[][]) => rows.map((r) => r.map(() => 0)),
    ],
  ])('a case of %s whose %s is wrong fails', async (path, field, wrong) => {
    const { lines, passed, failed } = await withCase(path, (one) => ({
      [field]: wrong(one[field]),
    }));
    expect(lines[0]).toMatch(/^FAIL/);
    expect({ passed, failed }).toEqual({ passed: 0, failed: 1 });
  });

  it('skips files of other kinds, and says so', async () => {
    writeFileSync(join(folder, 'other.json'), JSON.stringify({ kind: 'models', cases: [] }));
    writeFileSync(join(folder, 'notes.md'), '');
    expect(await compareFolder(folder, packages)).toEqual({
      lines: ["skip  other.json: no comparison for the kind 'models'"],
      passed: 0,
      failed: 0,
    });
  });

  it('fails a file that is no JSON, and goes on with the others', async () => {
    writeFileSync(join(folder, 'cut.json'), '{"kind": "ga');
    writeFileSync(
      join(folder, 'gae.json'),
      JSON.stringify(fixture('packages/advantage/fixtures/gae.json')),
    );
    const { lines, passed, failed } = await compareFolder(folder, packages);
    expect(lines[0]).toMatch(/^FAIL {2}cut.json {2}.*JSON/);
    expect({ passed, failed }).toEqual({ passed: 10, failed: 1 });
  });
});

/** A copy of a folder of the policy's fixtures, one of its files changed. */
async function withFolder(name: string, file: string, change: (json: never) => void) {
  const copy = join(folder, name);
  // Of several recorded runs the changed one alone.
  const filter = (path: string) => !path.includes('dapo-');
  cpSync(join(policyFixtures, name), copy, { recursive: true, filter });
  const json = JSON.parse(readFileSync(join(copy, file), 'utf8')) as never;
  change(json);
  writeFileSync(join(copy, file), JSON.stringify(json));
  return compareFolder(folder, packages);
}
const failures = ({ lines }: { readonly lines: readonly string[] }) =>
  lines.filter((line) => line.startsWith('FAIL'));

describe('a model folder', () => {
  interface Model {
    batch: {
      input_ids: number[][];
      attention_mask: number[][];
      logits: { row: number; position: number; values: number[] }[];
      token_logps: (number | null)[][];
      entropies: (number | null)[][];
    };
    batch_without_position_ids?: object;
    greedy: { completions: number[][]; logps: number[][] };
  }
  const last = (values: (number | null)[]) => values.length - 1;

  it.each<[string, string, (model: Model) => void]>([
    ['scores', 'logits', ({ batch }) => (batch.logits[5].values[3] += 2e-4)],
    ['scores', 'log-probs', ({ batch }) => (batch.token_logps[2][last(batch.token_logps[2])] = -9)],
    ['scores', 'entropies', ({ batch }) => (batch.entropies[3][last(batch.entropies[3])] = 9)],
    ['greedy', 'ids', ({ greedy }) => (greedy.completions[1][15] += 1)],
    ['greedy', 'log-probs', ({ greedy }) => (greedy.logps[1][15] -= 2e-4)],
  ])('whose %s have other %s fails, by name', async (one, output, change) => {
    const result = await withFolder('llama-gqa-tied', 'reference.json', change as () => void);
    expect(failures(result)).toEqual([
      expect.stringMatching(`^FAIL  llama-gqa-tied: ${one}  .*${output} \\S+ \\(.*: too far\\)`),
    ]);
    expect(result.passed).toBe(1);
  });

  it('of an architecture that is not known fails with what the engine says', async () => {
    const result = await withFolder(
      'llama-gqa-tied',
      'config.json',
      (config: { model_type: string }) => {
        config.model_type = 'mamba';
      },
    );
    expect(failures(result)).toHaveLength(2);
    expect(failures(result)[0]).toContain('got "mamba"');
  });

  it('is compared without position ids where no padding moves them, and the rest is named', async () => {
    const result = await withFolder('llama-gqa-tied', 'reference.json', (model: Model) => {
      model.batch_without_position_ids = model.batch;
    });
    expect(failures(result)).toEqual([]);
    expect(result.lines.slice(2)).toEqual([
      expect.stringMatching(/^pass {2}llama-gqa-tied: scores without position ids, unpadded rows/),
      'skip  llama-gqa-tied: scores without position ids, 3 padded rows: the engine counts positions from the first token and never over padding',
    ]);
  });

  it('without reference values is named', async () => {
    mkdirSync(join(folder, 'bare'));
    writeFileSync(join(folder, 'bare/config.json'), '{}');
    expect((await compareFolder(folder, packages)).lines).toEqual([
      'skip  bare: no reference.json',
    ]);
  });
});

describe('a tokenizer folder', () => {
  interface Reference {
    vocab_size: number;
    encodings: { ids: number[]; decoded_skip_special: string }[];
    decodings: { decoded: string }[];
    chats: { name: string; text: string; ids: number[] }[];
    padded_batch: { input_ids: number[][] };
  }
  it.each<[string, (reference: Reference) => void]>([
    ['vocabulary  size', (reference) => (reference.vocab_size += 1)],
    ['encode .* ids', ({ encodings }) => encodings[3].ids.push(5)],
    ['encode .* text', ({ encodings }) => (encodings[3].decoded_skip_special += '.')],
    ['decode .* stream', ({ decodings }) => (decodings[2].decoded += '.')],
    ['chat .* text', ({ chats }) => (chats[4].text += '.')],
    ['chat .* ids', ({ chats }) => chats[4].ids.pop()],
    ['padded batch  ids', (reference) => (reference.padded_batch.input_ids[0][0] = 7)],
  ])('with another "%s" fails there alone', async (output, change) => {
    const result = await withFolder('chatml-tokenizer', 'reference.json', (json: Reference) => {
      // Its 2.0 would be written back as 2.
      json.chats = json.chats.filter(({ name }) => name !== 'nested-arguments');
      change(json);
    });
    expect(failures(result)).toEqual([
      expect.stringMatching(
        `^FAIL  chatml-tokenizer: ${output} \\S+ \\(.* is .*, not .*: too far\\)`,
      ),
    ]);
  });
});

describe('a recorded run', () => {
  interface Run {
    config: { beta: number; optimizer: { groups: { weight_decay: number; params: string[] }[] } };
    micro_steps: {
      entropies: number[][];
      ref_logps: number[][];
      loss: number;
      metrics: { kl: number };
    }[];
    generations: { rewards: number[]; completion_ids: number[][] }[];
    steps: {
      grad_norm: number;
      params_l2_after: number;
      loss_exact: number;
      learning_rate: number;
    }[];
    final_params: Record<string, { l2: number; first8: number[]; shape: number[] }>;
  }
  const run = async (change: (run: Run) => void) =>
    failures(await withFolder('training', 'grpo-kl-mu2.json', change as () => void));

  it.each<[string, (run: Run) => void]>([
    ['loss, relative \\S+ \\(step 2', ({ steps }) => (steps[1].loss_exact *= 1 + 2e-4)],
    ['loss, relative \\S+ \\(micro step 2', ({ micro_steps }) => (micro_steps[2].loss += 2e-5)],
    ['gradient norm, relative \\S+ \\(step 3', ({ steps }) => (steps[2].grad_norm *= 1.0002)],
    [
      'parameter norm, relative \\S+ \\(step 8',
      ({ steps }) => (steps[7].params_l2_after *= 1.0002),
    ],
    [
      'final norms, relative \\S+ \\(model.norm',
      ({ final_params }) => (final_params['model.norm.weight'].l2 *= 1.0002),
    ],
    [
      'final values, relative \\S+ \\(model.norm',
      ({ final_params }) => (final_params['model.norm.weight'].first8[7] *= 1.0002),
    ],
    ['final shapes', ({ final_params }) => (final_params['model.norm.weight'].shape = [8, 8])],
    [
      'entropies \\S+ \\(micro step 7',
      ({ micro_steps }) => {
        micro_steps[7].entropies[0][0] += 2e-4;
      },
    ],
    [
      'reference log-probs \\S+ \\(micro step 3',
      ({ micro_steps }) => (micro_steps[3].ref_logps[0][0] -= 1),
    ],
  ])('with another "%s" fails', async (output, change) => {
    const [line, ...others] = await run(change);
    expect(line).toMatch(new RegExp(`^FAIL  training: grpo-kl-mu2 .*${output}`));
    // What the trainer repeats as well fails there, too, and in the same place.
    for (const other of others) {
      expect(other).toMatch(new RegExp(`^FAIL  trainer: grpo-kl-mu2 .*${output}`));
    }
  });

  it.each<[string, (run: Run) => void]>([
    [
      'gradient norm, relative \\S+ \\(step \\d',
      ({ generations }) => (generations[0].rewards[0] += 0.5),
    ],
    ['learning rate, relative \\S+ \\(step 8', ({ steps }) => (steps[7].learning_rate *= 1.0002)],
    ['KL, relative \\S+ \\(record 2', ({ micro_steps }) => (micro_steps[3].metrics.kl += 1e-4)],
    [
      'completions/mean_length \\S+ \\(record 1',
      ({ generations }) => generations[0].completion_ids[0].pop(),
    ],
  ])('through the trainer fails with another "%s"', async (output, change) => {
    const lines = await run(change);
    expect(lines).toEqual([expect.stringMatching(`^FAIL  trainer: grpo-kl-mu2 .*${output}`)]);
  });

  it('whose optimizer decays the norms as well ends elsewhere', async () => {
    const [line] = await run(({ config }) => {
      for (const group of config.optimizer.groups) group.weight_decay = 10;
    });
    expect(line).toContain('final norms, relative');
    expect(line).toContain('too far');
  });

  it('of other parameters than the model has is refused', async () => {
    const [line] = await run(({ config }) => config.optimizer.groups[1].params.pop());
    expect(line).toContain('with model.norm.weight');
  });
});
