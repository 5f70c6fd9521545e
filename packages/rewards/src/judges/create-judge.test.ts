import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { circuitBreaker } from '../chat-models/circuit-breaker.js';
import { functionChatModel, scriptedChatModel } from '../chat-models/function-chat-model.js';
import { openAiChatModel } from '../chat-models/openai-chat-model.js';
import { scoreEpisodes } from '../score-episodes.js';
import type { Episode, Message } from '../types.js';
import { absoluteJudge } from './absolute-judge.js';
import { createJudge } from './create-judge.js';
import { readNumber } from './read-fields.js';

const question = {
  instructions: 'Score it.',
  material: 'x',
  schema: { type: 'object' },
  read: (answer: unknown) => readNumber(answer, 'score', 0, 1),
};

describe('reading', () => {
  test('a judge whose answer cannot be read is shown why, and asked again', async () => {
    const seen: (readonly Message[])[] = [];
    const answers = ['I would say good.', '{"score": "high"}', '{"score": 1}'];
    const judge = createJudge(
      functionChatModel((messages) => {
        seen.push(messages);
        return answers[seen.length - 1];
      }),
    );
    expect(await judge.ask(question)).toEqual({ value: 1 });
    expect(seen.map(({ length }) => length)).toEqual([2, 4, 4]);
    expect(seen[1].at(-1)?.content).toContain('it holds no JSON object');
    expect(seen[2].at(-1)?.content).toContain('got "high"');
  });

  test('after the last try the question is unavailable as malformed, and does not open the breaker', async () => {
    const judge = createJudge(
      functionChatModel(() => 'no'),
      {
        rereads: 1,
        breaker: { window: 2, minCalls: 2 },
      },
    );
    for (let i = 0; i < 3; i++) {
      expect(await judge.ask(question)).toMatchObject({ unavailable: 'malformed' });
    }
    expect(judge.stats()).toMatchObject({
      questions: 3,
      answered: 0,
      unavailable: { malformed: 3 },
      breaker: 'closed',
      model: { calls: 6 },
    });
  });
});

describe('limits', () => {
  test('a model that hangs is unavailable after the time limit', async () => {
    const judge = createJudge(
      functionChatModel(() => new Promise(() => {})),
      { timeoutMs: 5 },
    );
    expect(await judge.ask(question)).toMatchObject({ unavailable: 'timeout' });
  });

  test('a model that is down opens the breaker: no more calls, and the state is visible', async () => {
    const changes: string[] = [];
    const breaker = circuitBreaker({ window: 3, minCalls: 3, onChange: (to) => changes.push(to) });
    const down = functionChatModel(() => Promise.reject(new Error('down')));
    const judge = createJudge(down, { breaker });
    const kinds = [];
    for (let i = 0; i < 5; i++) {
      const verdict = await judge.ask(question);
      kinds.push('unavailable' in verdict ? verdict.unavailable : 'answered');
    }
    expect(kinds).toEqual(['other', 'other', 'other', 'breaker-open', 'breaker-open']);
    expect(changes).toEqual(['open']);
    expect(judge.stats()).toMatchObject({
      unavailable: { other: 3, 'breaker-open': 2 },
      lastReason: expect.stringContaining('Not called'),
      breaker: 'open',
      model: { calls: 3 },
    });
  });

  test('a caller who gives up gets its reason, and nothing is counted as unavailable', async () => {
    const judge = createJudge(functionChatModel(() => new Promise(() => {})));
    const gone = new AbortController();
    const asked = judge.ask(question, gone.signal);
    gone.abort('enough');
    await expect(asked).rejects.toBe('enough');
    expect(judge.stats()).toMatchObject({ unavailable: {}, model: { cancelled: 1 } });
  });

  test('the same question is paid for once where answers are kept', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grpo-judge-'));
    try {
      const usage = { inputTokens: 500_000, outputTokens: 0 };
      const paid = functionChatModel(() => ({ text: '{"score": 1}', usage }));
      const judge = createJudge(paid, {
        cacheFolder: folder,
        id: 'm',
        prices: { inputPerMillion: 3, outputPerMillion: 0 },
      });
      expect(await judge.ask(question)).toEqual({ value: 1 });
      expect(await judge.ask(question)).toEqual({ value: 1 });
      expect(judge.stats()).toMatchObject({
        answered: 2,
        model: { calls: 1, cost: 1.5 },
        cache: { hits: 1, misses: 1 },
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('options out of range are refused', () => {
    expect(() => createJudge(scriptedChatModel([]), { rereads: -1 })).toThrow(RangeError);
  });
});

/** What a server may do to a request, by name. */
const faults: Record<string, (response: ServerResponse) => void> = {
  good: (response) => {
    const message = { content: '{"reasoning":"","score":10}' };
    response.end(JSON.stringify({ choices: [{ message }] }));
  },
  'rate-limited': (response) => void response.writeHead(429).end(),
  server: (response) => void response.writeHead(500).end(),
  connection: (response) => void response.socket?.resetAndDestroy(),
  malformed: (response) => void response.end('{"choices":[{"mess'),
  'too-large': (response) => void response.end('x'.repeat(300_000)),
  timeout: () => {},
};

test('every fault of a real server stays with its own episode, is counted, and becomes no number', async () => {
  const names = Object.keys(faults);
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const name = names.find((one) => text.includes(`fault-${one}`)) ?? 'good';
    faults[name](response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const chatModel = openAiChatModel({
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      model: 'm',
      retries: 0,
      timeoutMs: 4000, // far above what a busy machine takes to answer
      maxResponseBytes: 100_000,
    });
    const judge = createJudge(chatModel, {
      concurrency: 35,
      breaker: { window: 100, minCalls: 100 },
    });
    const episodes = Array.from({ length: 5 * names.length }, (_, i): Episode => {
      const completion = `answer ${i} fault-${names[i % names.length]}`;
      return { messages: [], completion, row: {}, environmentReward: 0, end: 'terminated' };
    });
    const { values, failures } = await scoreEpisodes(
      [absoluteJudge(judge, { criteria: 'It is good.' })],
      episodes,
    );
    expect(values).toEqual(episodes.map((_, i) => [i % names.length === 0 ? 1 : null]));
    expect(failures).toEqual([]);
    expect(judge.stats()).toMatchObject({
      questions: 35,
      answered: 5,
      unavailable: Object.fromEntries(names.slice(1).map((name) => [name, 5])),
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
