import type { Message } from '@grpo/rewards';
import type { Env, EnvFactory, StepResult, Task } from './types.js';

/** One property that every environment has; `run` rejects where it does not hold. */
export interface ConformanceCheck {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** How the checks play an environment. */
export interface EnvCheckOptions {
  /** Tasks to play, at least one. */
  readonly tasks: readonly Task[];
  /** The model's part: what it says to the conversation so far. Default: always `Hello`. */
  readonly answer?: (conversation: readonly Message[], turn: number) => string;
  /** An episode must end within so many turns. Default 100. */
  readonly maxTurns?: number;
}

/** A whole episode: what was said, and what each step gave. */
interface Played {
  readonly conversation: readonly Message[];
  readonly steps: readonly StepResult[];
}

const ROLES = ['system', 'user', 'assistant', 'tool'];

/**
 * The properties of every environment, for a test runner of your choice.
 *
 * @param factory makes the environments
 * @param options the tasks, and how to answer so that an episode ends
 * @example it.each(envChecks(mine, { tasks }).map((c) => [c.name, c.run]))('%s', (_, run) => run())
 */
export function envChecks(
  factory: EnvFactory,
  { tasks, answer = () => 'Hello', maxTurns = 100 }: EnvCheckOptions,
): readonly ConformanceCheck[] {
  /** One turn at a time, so that episodes can be played side by side. */
  async function* turns(task: Task, seed = 1): AsyncGenerator<Played & { readonly env: Env }> {
    const env = factory(task);
    try {
      const { messages } = await env.reset({ seed });
      const conversation = [...messages];
      const steps: StepResult[] = [];
      yield { env, conversation, steps };
      for (let turn = 0; turn < maxTurns; turn++) {
        const message: Message = { role: 'assistant', content: answer(conversation, turn) };
        const step = await env.step(message);
        conversation.push(message, ...step.messages);
        steps.push(step);
        yield { env, conversation, steps };
        if (step.terminated || step.truncated) return;
      }
      check(false, `the episode of ${task.id}, still running after ${maxTurns} turns,`);
    } finally {
      await env.close();
    }
  }

  async function play(task: Task, seed?: number): Promise<Played> {
    let played: Played = { conversation: [], steps: [] };
    for await (const { conversation, steps } of turns(task, seed)) played = { conversation, steps };
    return played;
  }

  async function forEachTask(run: (task: Task) => Promise<void>): Promise<void> {
    check(tasks.length > 0, 'the list of tasks, empty,');
    for (const task of tasks) await run(task);
  }

  return [
    {
      name: 'reset gives a conversation that waits for the model',
      run: () =>
        forEachTask(async (task) => {
          const env = factory(task);
          const { messages } = await env.reset({ seed: 1 });
          await env.close();
          check(messages.length > 0, 'the conversation after reset, empty,');
          for (const message of messages) checkMessage(message);
          check(messages.at(-1)?.role !== 'assistant', 'the last message, of the assistant,');
        }),
    },
    {
      name: 'every step gives a finite reward, two flags, and messages unless the episode ended',
      run: () =>
        forEachTask(async (task) => {
          const { steps } = await play(task);
          for (const { messages, reward, terminated, truncated } of steps) {
            check(Number.isFinite(reward), `the reward ${reward}`);
            check(typeof terminated === 'boolean', `terminated ${terminated}`);
            check(typeof truncated === 'boolean', `truncated ${truncated}`);
            for (const message of messages) checkMessage(message);
            const hasEnded = terminated || truncated;
            check(hasEnded || messages.length > 0, 'a step that neither says anything nor ends');
            check(
              hasEnded || messages.at(-1)?.role !== 'assistant',
              'the last message, of the assistant,',
            );
          }
        }),
    },
    {
      name: 'the same seed and answers give the same episode',
      run: () =>
        forEachTask(async (task) => {
          same(await play(task), await play(task), `the second episode of ${task.id}`);
        }),
    },
    {
      name: 'episodes side by side do not disturb each other',
      run: () =>
        forEachTask(async (task) => {
          const alone = [await play(task, 1), await play(task, 2)];
          const together = [turns(task, 1), turns(task, 2)];
          const last: Played[] = [];
          const running = new Set([0, 1]);
          while (running.size > 0) {
            for (const i of [...running]) {
              const { value, done } = await together[i].next();
              if (done) running.delete(i);
              else last[i] = { conversation: value.conversation, steps: value.steps };
            }
          }
          same(last, alone, `a pair of episodes of ${task.id}`);
        }),
    },
    {
      name: 'the task is left as it was',
      run: () =>
        forEachTask(async (task) => {
          const before = JSON.stringify(task);
          await play(task);
          check(JSON.stringify(task) === before, `the task ${task.id}, changed by its episode,`);
        }),
    },
    {
      name: 'step is refused before reset, after the end and after close',
      run: () =>
        forEachTask(async (task) => {
          const message: Message = { role: 'assistant', content: 'Hello' };
          const fresh = factory(task);
          await rejects(() => fresh.step(message), 'step before reset');
          await fresh.close();
          await rejects(() => fresh.step(message), 'step after close');
          for await (const { env, steps } of turns(task)) {
            const last = steps.at(-1);
            if (last?.terminated || last?.truncated) {
              await rejects(() => env.step(message), 'step after the end');
            }
          }
        }),
    },
    {
      name: 'close may come early, late and twice',
      run: () =>
        forEachTask(async (task) => {
          const unused = factory(task);
          await unused.close();
          await unused.close();
          const started = factory(task);
          await started.reset({ seed: 1 });
          await started.close();
          await started.close();
        }),
    },
    {
      name: 'an aborted signal stops reset and step',
      run: () =>
        forEachTask(async (task) => {
          const signal = AbortSignal.abort(new Error('stopped'));
          const env = factory(task);
          await rejects(() => env.reset({ seed: 1, signal }), 'reset with an aborted signal');
          await env.close();
          for await (const { env, steps } of turns(task)) {
            const message: Message = { role: 'assistant', content: 'Hello' };
            if (steps.length > 0) continue;
            await rejects(() => env.step(message, { signal }), 'step with an aborted signal');
          }
        }),
    },
  ];
}

function checkMessage(message: Message): void {
  check(ROLES.includes(message.role), `the role ${message.role}`);
  check(typeof message.content === 'string', `the content of a message of ${message.role}`);
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`conformance: ${what} is not as it has to be.`);
}

function same(got: unknown, wanted: unknown, what: string): void {
  const [left, right] = [JSON.stringify(got), JSON.stringify(wanted)];
  check(left === right, `${what} is ${left}, want ${right}; it`);
}

async function rejects(run: () => Promise<unknown>, what: string): Promise<void> {
  const outcome = await run().then(
    () => 'accepted',
    () => 'rejected',
  );
  check(outcome === 'rejected', `${what} is ${outcome}; it`);
}
