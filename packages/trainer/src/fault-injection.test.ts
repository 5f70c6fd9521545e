// A thousand episodes in which a fifth of all calls goes wrong: nothing is lost, counted twice or left open.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  conversationEnv,
  type Env,
  type EnvFactory,
  type Task,
  toolEnv,
  type UserReply,
} from '@grpo/envs';
import { characterTokenizerFiles, createChatFormat, type Sampler } from '@grpo/policy';
import { keyedRandom, type Random } from '@grpo/random';
import type { Reward } from '@grpo/rewards';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkFailures } from './failures.js';
import { rollOut } from './rollout.js';
import { score } from './score.js';
import { rolloutMetrics } from './step-metrics.js';
import type { RolloutFailureKind } from './types.js';

const TASKS = 100;
const REPEATS = 10;
const SHARE = 0.2;
const TIMEOUT_MS = 60;
const HUGE = 'x'.repeat(5_000_000);

const characters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
const chat = createChatFormat(
  characterTokenizerFiles({
    characters: `${characters}…\n`,
    tokens: ['<pad>', '<end>'],
    padToken: '<pad>',
    endToken: '<end>',
    chatTemplate: '{% for m in messages %}{{ m.role }}: {{ m.content }}<end>{% endfor %}',
  }),
);

/** Calls a tool or says a word, as its seed has it; every answer takes a turn of the event loop. */
const sampler: Sampler = {
  sample: async (requests) =>
    requests.map(({ seed }) => {
      const random = keyedRandom(seed);
      const call = '<tool_call>{"name": "look", "arguments": {}}</tool_call>';
      const ids = chat.encodeCompletion(random.next() < 0.7 ? call : `word ${seed % 100}`);
      return { ids, logProbs: ids.map(() => -random.next()), stopReason: 'stop' };
    }),
};

/** How the calls that went wrong should be counted. */
const ledger = {
  envs: 0,
  closed: 0,
  toolFaults: 0,
  rewardFaults: { thrown: 0, timeout: 0, invalid: 0 },
  episodes: new Map<RolloutFailureKind, number>(),
};
type Way = 'throws' | 'hangs' | 'NaN' | 'huge' | 'wrong type';
const WAYS: readonly Way[] = ['throws', 'hangs', 'NaN', 'huge', 'wrong type'];
const way = (random: Random): Way | undefined =>
  random.next() < SHARE ? WAYS[Math.floor(random.next() * WAYS.length)] : undefined;

const never = new Promise<never>(() => {});
function lost(random: Random): never {
  const isRetryable = random.next() < 0.5;
  throw random.next() < 0.5 ? Object.assign(new Error('lost'), { isRetryable }) : 'no error at all';
}

/** A value of the wrong kind: never one that the callers take. */
const odd = (random: Random): unknown =>
  [undefined, null, 7, [], {}, 'text', () => {}, Symbol('odd'), { reward: '1' }][
    Math.floor(random.next() * 9)
  ];

/** Lets calls of an environment go wrong; only the first fault of an episode counts. */
function faulty(sound: EnvFactory): EnvFactory {
  return (task) => {
    const env = sound(task);
    const random = keyedRandom('faults', ledger.envs++);
    let isCounted = false;
    const count = (kind: RolloutFailureKind) => {
      if (!isCounted) ledger.episodes.set(kind, (ledger.episodes.get(kind) ?? 0) + 1);
      isCounted = true;
    };
    async function call<Value extends object>(
      run: () => Promise<Value>,
      signal: AbortSignal | undefined,
    ): Promise<Value> {
      // On a busy machine a call may run out of time that was only slow.
      signal?.addEventListener('abort', () => count('timeout'), { once: true });
      const wrong = way(random);
      if (wrong === 'throws') {
        count('thrown');
        return lost(random);
      }
      if (wrong === 'hangs') return never;
      // A user simulator that fails is an error of its environment.
      const value = await run().catch((error: unknown) => {
        count('thrown');
        throw error;
      });
      if (wrong === undefined) return value;
      count('invalid');
      if (wrong === 'wrong type') return odd(random) as Value;
      const message = { role: 'user' as const, content: wrong === 'huge' ? HUGE : (7 as never) };
      const isStep = 'reward' in value;
      if (wrong === 'NaN' && isStep) return { ...value, reward: Number.NaN };
      return { ...value, messages: [message] };
    }
    return {
      reset: (options) => call(() => env.reset(options), options.signal),
      step: (message, options) => call(() => env.step(message, options), options?.signal),
      close: async () => {
        ledger.closed++;
        await env.close();
        const wrong = way(random);
        if (wrong === 'throws') {
          count('thrown');
          throw new Error('close lost');
        }
        if (wrong === 'hangs') {
          count('timeout');
          return never;
        }
      },
    } satisfies Env;
  };
}

const toolDraws = keyedRandom('tool');
const tools = toolEnv({
  tools: [
    {
      name: 'look',
      description: 'Looks.',
      parameters: { type: 'object' },
      execute: () => {
        const wrong = way(toolDraws);
        if (wrong !== undefined) ledger.toolFaults++;
        if (wrong === 'throws') return lost(toolDraws);
        if (wrong === 'hangs') return never;
        if (wrong === 'NaN') return Number.NaN;
        if (wrong === 'huge') return HUGE;
        return wrong === undefined ? 'a door' : { size: 10n };
      },
    },
  ],
  maxTurns: 3,
  timeoutMs: TIMEOUT_MS / 2,
  maxResultLength: 200,
});
const userDraws = keyedRandom('user');
const talk = conversationEnv({
  user: () => {
    const wrong = way(userDraws);
    if (wrong === 'throws') return lost(userDraws);
    if (wrong === 'hangs') return never;
    if (wrong === 'NaN') return { content: 'Well.', reward: Number.NaN };
    if (wrong === 'huge') return HUGE;
    if (wrong === 'wrong type') return 7 as unknown as UserReply;
    return { content: 'And then?', reward: 0.25 };
  },
  maxTurns: 3,
  timeoutMs: TIMEOUT_MS / 2,
});
const env = faulty((task) => (Number(task.id) % 2 === 0 ? tools(task) : talk(task)));
const tasks = Array.from(
  { length: TASKS },
  (_, i): Task => ({ id: `${i}`, messages: [{ role: 'user', content: `Task ${i}.` }], row: { i } }),
);

/** A reward in this process, with parts. */
const rewardDraws = keyedRandom('reward');
const local: Reward = {
  name: 'local',
  fn: () => {
    const wrong = way(rewardDraws);
    if (wrong === undefined) {
      return rewardDraws.next() < 0.1 ? null : { value: 0.5, parts: { wit: 1, none: null } };
    }
    const kind = wrong === 'throws' ? 'thrown' : wrong === 'hangs' ? 'timeout' : 'invalid';
    ledger.rewardFaults[kind]++;
    if (wrong === 'throws') return lost(rewardDraws);
    if (wrong === 'hangs') return never;
    if (wrong === 'NaN') return Number.NaN;
    return (wrong === 'huge' ? HUGE : true) as unknown as number;
  },
};

/** A judge behind HTTP: 429, 500, reset connections, JSON that is cut short, and silence. */
let [judgeFaults, openRequests] = [0, 0];
let server: Server;
const serverDraws = keyedRandom('server');
beforeAll(async () => {
  server = createServer((request, response) => {
    openRequests++;
    response.on('close', () => openRequests--);
    request.resume();
    const wrong = way(serverDraws);
    if (wrong !== undefined) judgeFaults++;
    if (wrong === 'throws') return void response.writeHead(429).end('slow down');
    if (wrong === 'NaN') return void response.writeHead(500).end(HUGE.slice(0, 100_000));
    if (wrong === 'hangs') return;
    if (wrong === 'huge') return void request.socket.destroy();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(wrong === undefined ? '{"score": 0.75}' : '{"score": 0.');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
});
const judge: Reward = {
  name: 'judge',
  weight: 2,
  fn: async (_, call) => {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}`, {
      method: 'POST',
      ...(call?.signal && { signal: call.signal }),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`the judge answered ${response.status}`);
    }
    return ((await response.json()) as { readonly score: number }).score;
  },
};

describe('a thousand episodes with a fifth of all calls going wrong', () => {
  const rewards = [local, judge];
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const timersBefore = timers();
  const unhandled: unknown[] = [];
  const listen = (reason: unknown) => unhandled.push(reason);

  test('the run ends, and everything adds up', { timeout: 60_000 }, async () => {
    process.on('unhandledRejection', listen);
    const rollouts = await rollOut(tasks, REPEATS, {
      env,
      chat,
      sampler,
      maxCompletionLength: 100,
      maxTurns: 3,
      temperature: 1,
      key: ['faults'],
      turnTimeoutMs: TIMEOUT_MS,
      retryDelayMs: 1,
      maxMessageLength: 30_000,
    });
    const scored = await score(rewards, rollouts, { timeoutMs: 25 * TIMEOUT_MS });
    const metrics = rolloutMetrics(rollouts, scored, rewards);
    const counted = (prefix: string) =>
      Object.entries(metrics).reduce((n, [name, v]) => n + (name.startsWith(prefix) ? v : 0), 0);

    // No episode is lost or counted twice.
    expect(rollouts).toHaveLength(TASKS * REPEATS);
    const groups = rollouts.map(({ groupId, task }) => `${groupId} ${task.id}`);
    expect(groups).toEqual(
      tasks.flatMap(({ id }) => new Array<string>(REPEATS).fill(`${id}:${id} ${id}`)),
    );
    const retries = rollouts.reduce((n, rollout) => n + (rollout.retries ?? 0), 0);
    expect(metrics['rollouts/retries']).toBe(retries);
    expect(ledger.envs).toBe(rollouts.length + retries);
    expect(ledger.closed).toBe(ledger.envs);

    // Every fault of an environment is a failure of its kind, but for those that a retry mended.
    const failed = rollouts.filter(({ failure }) => failure !== undefined);
    for (const kind of ['timeout', 'invalid'] as const) {
      expect(metrics[`failures/env/${kind}`]).toBe(ledger.episodes.get(kind));
    }
    expect(metrics['failures/env/thrown']).toBe((ledger.episodes.get('thrown') ?? 0) - retries);
    expect(counted('failures/env/')).toBe(failed.length);
    expect(retries).toBeGreaterThan(20);
    expect(failed.length).toBeGreaterThan(400);
    expect(rollouts.length - failed.length).toBeGreaterThan(200);

    // Every sound episode has a value, a "does not apply" or one counted failure of each reward.
    for (const [k, { name }] of rewards.entries()) {
      const values = scored.values.map((row) => row[k]).filter((value) => value !== null);
      const failures = counted(`failures/reward/${name}/`);
      const nulls = scored.values.filter((row) => row[k] === null).length;
      expect(values.length + nulls).toBe(rollouts.length);
      expect(values.every((value) => value === (k === 0 ? 0.5 : 0.75))).toBe(true);
      expect(values.length).toBeGreaterThan(100);
      if (name === 'judge') {
        expect(values.length + failures + failed.length).toBe(rollouts.length);
        expect(failures).toBeGreaterThanOrEqual(judgeFaults); // a busy machine may add time-outs
        expect(judgeFaults).toBeGreaterThan(20);
      } else {
        for (const kind of ['thrown', 'timeout', 'invalid'] as const) {
          expect(metrics[`failures/reward/local/${kind}`]).toBe(ledger.rewardFaults[kind]);
        }
      }
    }
    expect(metrics['rewards/local/wit/mean']).toBe(1);
    expect(metrics).not.toHaveProperty('rewards/local/none/mean');
    const episodes = new Set(scored.failures.map(({ episode }) => episode));
    expect(metrics['failures/share']).toBe(episodes.size / rollouts.length);
    expect(() => checkFailures(scored.failures, rollouts.length, 0.3)).toThrow(/Commonest is /);

    // A tool that fails tells the model so, and its episode goes on.
    const told = rollouts.filter(
      ({ failure, episode }) =>
        !failure &&
        episode.messages.some(({ role, content }) => role === 'tool' && /^Error/.test(content)),
    );
    expect(ledger.toolFaults).toBeGreaterThan(50);
    expect(told.length).toBeGreaterThan(20);

    // Tokens and text agree in every sound episode, and nothing huge is kept of the others.
    for (const { failure, ids, mask, logProbs, turnRewards, episode } of rollouts) {
      expect([mask.length, logProbs.length]).toEqual([ids.length, ids.length]);
      for (const { at } of turnRewards) expect(mask[at]).toBe(true);
      if (failure) expect(failure.reason.length).toBeLessThan(1000);
      else expect(episode.end).not.toBe('error');
    }
    expect(JSON.stringify(rollouts).length).toBeLessThan(50_000_000);
    expect(JSON.stringify(scored.failures).length).toBeLessThan(1_000_000);
  });

  test('nothing stays open, and no rejection goes unheard', async () => {
    await new Promise((resolve) => setTimeout(resolve, 3 * TIMEOUT_MS));
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
    await expect.poll(() => openRequests).toBe(0); // also those that the judge never answered
    expect(timers()).toBeLessThanOrEqual(timersBefore);
  });
});
