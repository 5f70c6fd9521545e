/**
 * A game of several turns, learned from scratch: the model starts from random weights, hears `higher` or `lower`, and
 * is paid for the right number. A player who halves the range always wins; nobody shows the model how.
 *
 * Every seed has a control, whose rewards are dealt out anew among the episodes of each step: it must not learn.
 *
 *   npm run guessing [-- --seeds 1,2,3 --steps 240 --out runs/guessing --resume]
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { groupRelative } from '@grpo/advantage';
import { type Dataset, guessingGame, guessingTasks } from '@grpo/envs';
import { createChatFormat, type LanguageModel } from '@grpo/policy';
import { clippedLoss } from '@grpo/policy-loss';
import type { Reward } from '@grpo/rewards';
import { initBackend } from '@grpo/tensor';
import { environmentReward, rollOut, train } from '@grpo/trainer';
import { shuffledRewards } from './shuffled-rewards.js';
import { markdownTable, spreadOf } from './table.js';
import { wordModel } from './word-model.js';

const HIGHEST = 7;
const GUESSES = 3; // just enough to halve the range each time
const MAX_COMPLETION_LENGTH = 2; // a number and the end
const GAMES_PER_SECRET = 64; // of the share that is reported

const NUMBERS = Array.from({ length: HIGHEST }, (_, i) => String(i + 1));
const WORDS = ['Guess my number from 1 to ', '.', 'higher', 'lower', 'Say one number.'];
const env = guessingGame({ maxGuesses: GUESSES });

/** A model that never says a number never wins: a small reward leads it to the game. */
const saysNumbers: Reward = {
  name: 'saysNumbers',
  weight: 0.2,
  fn: ({ messages }) => {
    const said = messages.filter(({ role }) => role === 'assistant');
    return said.filter(({ content }) => NUMBERS.includes(content)).length / said.length;
  },
};

/** Share of games that the model wins; it samples its guesses. */
async function won(policy: LanguageModel, dataset: Dataset): Promise<number> {
  const games = await rollOut(dataset.tasks, GAMES_PER_SECRET, {
    env,
    chat: createChatFormat(policy.textFiles),
    sampler: policy.sampler(),
    maxCompletionLength: MAX_COMPLETION_LENGTH,
    maxTurns: GUESSES,
    temperature: 1,
    key: ['games'],
  });
  return games.filter(({ episode }) => episode.environmentReward === 1).length / games.length;
}

/** @returns shares of games won, before and after training */
async function arm(seed: number, steps: number, isControl: boolean, folder: string) {
  const dataset = guessingTasks({ seed, count: HIGHEST, highest: HIGHEST });
  const policy = wordModel([...WORDS, ...NUMBERS], seed);
  const reference = wordModel([...WORDS, ...NUMBERS], seed);
  const before = await won(policy, dataset);
  const estimator = groupRelative();
  await train({
    parts: {
      policy,
      reference, // says anything with equal probability: the distance to it keeps the model trying
      chat: createChatFormat(policy.textFiles),
      env,
      dataset,
      rewards: [environmentReward(), saysNumbers],
      advantage: isControl ? shuffledRewards(estimator, seed) : estimator,
      loss: clippedLoss({ epsilon: 0.2, beta: 0.06 }),
    },
    config: {
      seed,
      maxSteps: steps,
      promptsPerStep: HIGHEST,
      numGenerations: 32,
      maxCompletionLength: MAX_COMPLETION_LENGTH,
      maxTurns: GUESSES,
      learningRate: 1e-3,
      lrSchedulerType: 'linear',
      warmupSteps: 5,
      saveSteps: 20,
    },
    folder,
    resume: true,
    say: () => {},
  });
  const after = await won(policy, dataset);
  for (const model of [policy, reference]) model.dispose();
  return { before, after };
}

const { values: args } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    steps: { type: 'string', default: '240' },
    out: { type: 'string', default: 'runs/guessing' },
    resume: { type: 'boolean', default: false },
  },
});
const out = resolve(fileURLToPath(new URL('../../..', import.meta.url)), args.out);
const seeds = args.seeds.split(',').map(Number);
const { description, name: backend } = await initBackend();
console.log(`Backend: ${description}. Folder: ${relative('.', out) || out}`);
if (!args.resume) rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const shares = new Map<string, number[]>();
const note = (name: string, share: number) => {
  shares.set(name, [...(shares.get(name) ?? []), share]);
};
for (const isControl of [false, true]) {
  for (const seed of seeds) {
    const name = isControl ? 'shuffled rewards' : 'GRPO';
    const folder = join(out, `seed-${seed}-${isControl ? 'control' : 'grpo'}`);
    const started = performance.now();
    const { before, after } = await arm(seed, Number(args.steps), isControl, folder);
    if (!isControl) note('random weights', before);
    note(name, after);
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(
      `Seed ${seed}, ${name}: ${before.toFixed(3)} -> ${after.toFixed(3)}, ${seconds} s.`,
    );
  }
}
const rows = [...shares].map(([name, accuracies]) => ({
  name,
  accuracies,
  ...spreadOf(accuracies),
}));
writeFileSync(join(out, 'summary.json'), `${JSON.stringify({ backend, seeds, rows }, null, 2)}\n`);
console.log(markdownTable(rows, seeds, ['model', 'games won, %']));
