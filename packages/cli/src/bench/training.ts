import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnvFactory, Task } from '@grpo/envs';
import { chooseSampler, type SamplerChoice } from '@grpo/onnx';
import {
  characterTokenizerFiles,
  createChatFormat,
  LanguageModel,
  type Precision,
  type Sampler,
} from '@grpo/policy';
import { Trainer } from '@grpo/trainer';
import { createStopwatch, type Stopwatch } from './stopwatch.js';
import { timedPolicy, timedSource } from './timed-policy.js';
import { SAID, type Workload } from './workloads.js';

const HEAD_SIZE = 64;
const TASKS = 512;
/** Characters of ASCII that can be seen, and where those of Chinese begin. */
const [PRINTABLE, CJK] = [95, 0x4e00];

/** How a workload is trained. */
export interface TrainingOptions {
  readonly sampler: SamplerChoice;
  readonly precision: Precision;
}

/** What one step took. */
export interface StepFigures {
  readonly seconds: number;
  /** Seconds of its parts, by name; what they leave of `seconds` is the trainer's own work. */
  readonly parts: Readonly<Record<string, number>>;
  /** Largest |log-prob of the sampler − log-prob of the policy| of a sampled token, where it is known. */
  readonly logProbDifference?: number;
}

/** A model in training that takes one step when it is told to. */
export interface Training {
  readonly parameters: number;
  readonly samplerName: string;
  /** @param lengths [P · G] tokens of each answer */
  step(lengths: readonly number[]): Promise<StepFigures>;
  close(): void;
}

/** The whole of what `grpo train` does for a step, on random weights, with a folder that is written and thrown away. */
export async function openTraining(
  workload: Workload,
  { sampler: choice, precision }: TrainingOptions,
): Promise<Training> {
  const { hidden, layers, vocabulary, prompts, group, completion, turns = 1 } = workload;
  const textFiles = tokenizerFiles(vocabulary);
  const configJson = {
    model_type: 'llama',
    vocab_size: vocabulary,
    hidden_size: hidden,
    intermediate_size: 4 * hidden,
    num_hidden_layers: layers,
    num_attention_heads: Math.max(1, hidden / HEAD_SIZE),
    max_position_embeddings: 4096,
    tie_word_embeddings: true,
  };
  const model = LanguageModel.create(configJson, textFiles, 0, { precision });
  const watch = createStopwatch();
  const source = { ...timedSource(model, watch), sampler: () => model.sampler() };
  const chosen = await chooseSampler(source, { choice, precision });
  let lengths: readonly number[] = [];
  const sampler = forcedLengths(chosen.sampler, () => lengths, watch);
  const folder = mkdtempSync(join(tmpdir(), 'grpo-bench-'));
  const trainer = await Trainer.start({
    parts: {
      policy: timedPolicy(model, watch),
      sampler,
      chat: createChatFormat(textFiles),
      dataset: { name: 'bench', tasks: tasksOf(workload) },
      env: conversation(turns),
      rewards: [
        {
          name: 'digits',
          fn: ({ completion }) => watch.time('reward', async () => digits(completion)),
        },
      ],
      advantage: { name: 'group-relative' },
      loss: { name: 'dapo' },
    },
    config: {
      maxSteps: Number.MAX_SAFE_INTEGER,
      promptsPerStep: prompts,
      numGenerations: group,
      maxCompletionLength: completion,
      maxTurns: turns,
      learningRate: 1e-4,
      saveSteps: Number.MAX_SAFE_INTEGER,
    },
    folder: join(folder, 'run'),
    say: () => {},
  });
  return {
    parameters: model.parameterCount,
    samplerName: chosen.name,
    step: async (given) => {
      lengths = given;
      watch.take();
      const started = performance.now();
      const record = await trainer.step();
      const seconds = (performance.now() - started) / 1000;
      const { synchronisation = 0, sampling = 0, ...parts } = watch.take();
      const difference = record['sampling/sampling_logp_difference/max'];
      return {
        seconds,
        parts: { sampling: sampling - synchronisation, synchronisation, ...parts },
        ...(difference !== undefined && { logProbDifference: difference }),
      };
    },
    close: () => {
      trainer.abandon();
      model.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Answers end where the workload says, and nowhere else. */
function forcedLengths(
  inner: Sampler,
  lengths: () => readonly number[],
  watch: Stopwatch,
): Sampler {
  let asked = 0;
  return {
    ...inner,
    sample: async (requests, options) => {
      const own = lengths();
      const forced = requests.map((request) => ({
        ...request,
        maxTokens: own[asked++ % own.length] ?? options.maxTokens,
      }));
      const sampled = await watch.time('sampling', () =>
        inner.sample(forced, { ...options, stopIds: [] }),
      );
      return sampled.map((row) => ({ ...row, stopReason: 'stop' as const }));
    },
  };
}

/** An environment that says as much after each answer, until the model has spoken often enough. */
function conversation(turns: number): EnvFactory {
  return ({ messages }) => {
    let spoken = 0;
    return {
      reset: async () => ({ messages }),
      step: async () => {
        const isOver = ++spoken === turns;
        return {
          messages: isOver ? [] : [{ role: 'user', content: '.'.repeat(SAID) }],
          reward: 0,
          terminated: isOver,
          truncated: false,
        };
      },
      close: async () => {},
    };
  };
}

/** Prompts of exactly as many tokens as the workload wants, all of them different. */
function tasksOf({ prompt }: Workload): Task[] {
  return Array.from({ length: TASKS }, (_, i) => {
    const text = `${i % 97}+${i % 89}=`.padEnd(prompt, 'x').slice(0, prompt);
    return { id: `task-${i}`, messages: [{ role: 'user', content: text }], row: {} };
  });
}

/** The share of digits, so that groups differ. */
function digits(text: string): number {
  return (text.match(/\d/g)?.length ?? 0) / Math.max(1, text.length);
}

/** A character for each id, so that whatever is sampled is text. */
function tokenizerFiles(vocabulary: number): Map<string, string> {
  const tokens = ['<pad>', '<eos>'];
  const characters = Array.from({ length: vocabulary - tokens.length }, (_, i) =>
    String.fromCodePoint(i < PRINTABLE ? 0x20 + i : CJK + i),
  ).join('');
  return characterTokenizerFiles({
    characters,
    tokens,
    padToken: '<pad>',
    endToken: '<eos>',
    chatTemplate:
      "{% for m in messages %}{{ m.content }}{% if m.role == 'assistant' %}<eos>{% endif %}{% endfor %}",
  });
}
