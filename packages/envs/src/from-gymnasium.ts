import { orderly } from './orderly.js';
import type { EnvFactory, ResetResult, StepResult, Task } from './types.js';
import { checkCount, checkTimeLimit, withinTime } from './within-time.js';

/** What `reset` of a Gymnasium environment gives: a pair, or the same by names. */
export type GymnasiumReset<Observation> =
  | readonly [observation: Observation, info?: Readonly<Record<string, unknown>>]
  | { readonly observation: Observation; readonly info?: Readonly<Record<string, unknown>> };

/** What `step` of a Gymnasium environment gives: five in a row, or the same by names. */
export type GymnasiumStep<Observation> =
  | readonly [
      observation: Observation,
      reward: number,
      terminated: boolean,
      truncated: boolean,
      info?: Readonly<Record<string, unknown>>,
    ]
  | {
      readonly observation: Observation;
      readonly reward: number;
      readonly terminated: boolean;
      readonly truncated: boolean;
      readonly info?: Readonly<Record<string, unknown>>;
    };

/** An environment as Gymnasium has it, whose methods may answer at once or later. */
export interface GymnasiumEnv<Observation, Action> {
  reset(options: {
    readonly seed: number;
  }): GymnasiumReset<Observation> | Promise<GymnasiumReset<Observation>>;
  step(action: Action): GymnasiumStep<Observation> | Promise<GymnasiumStep<Observation>>;
  close?(): void | Promise<void>;
}

/** Options of `fromGymnasium`. */
export interface GymnasiumOptions<Observation, Action> {
  /** Says to the model what there is to see. */
  readonly describe: (observation: Observation, info: Readonly<Record<string, unknown>>) => string;
  /** The action in a message of the model, or undefined if there is none. */
  readonly readAction: (content: string) => Action | undefined;
  /**
   * What a message without an action leads to. `ask`: the model is told so, and the world stands
   * still; `end`: the episode is truncated; or the action that is taken instead. Default `ask`.
   */
  readonly onInvalidAction?: 'ask' | 'end' | { readonly take: Action };
  /** The reward of a message without an action. Default 0. */
  readonly invalidReward?: number;
  /** The model may speak so often; then the episode is truncated. Default 100. */
  readonly maxTurns?: number;
  /** Time limit of one call of the environment, in ms. Default 30 000. */
  readonly timeoutMs?: number;
}

/**
 * Environments made of Gymnasium's: observations become messages of the user, messages of the model
 * become actions.
 *
 * The task's messages come first, so that the rules can stand there; the first observation follows,
 * as a message of its own or at the end of the user's. `info` is that of the environment, and counts
 * `invalidActions`. A call that throws or takes too long fails the step.
 *
 * @param make makes the environment of one episode
 * @throws RangeError if a limit is out of range
 * @example
 * fromGymnasium(() => new CliffWalking(), {
 *   describe: (place) => `You are at ${place}.`,
 *   readAction: discreteActions(['up', 'right', 'down', 'left']),
 * });
 */
export function fromGymnasium<Observation, Action>(
  make: (task: Task) => GymnasiumEnv<Observation, Action>,
  {
    describe,
    readAction,
    onInvalidAction = 'ask',
    invalidReward = 0,
    maxTurns = 100,
    timeoutMs = 30_000,
  }: GymnasiumOptions<Observation, Action>,
): EnvFactory {
  checkCount('fromGymnasium', 'maxTurns', maxTurns);
  checkTimeLimit('fromGymnasium', 'timeoutMs', timeoutMs);

  return (task) => {
    const env = make(task);
    let [turn, invalidActions] = [0, 0];

    async function taken(action: Action, signal: AbortSignal | undefined): Promise<StepResult> {
      const limit = { what: 'step of the Gymnasium environment', timeoutMs, signal };
      const { observation, reward, terminated, truncated, info } = byNames(
        await withinTime(async () => env.step(action), limit),
      );
      const hasEnded = terminated || truncated;
      const seen = hasEnded ? [] : [user(describe(observation, info))];
      const stopReason = terminated ? 'completed' : 'time_limit';
      return {
        messages: seen,
        reward,
        terminated,
        truncated,
        ...(hasEnded && { stopReason }),
        info: { ...info, invalidActions },
      };
    }

    function untaken(): StepResult {
      const isEnd = onInvalidAction === 'end';
      return {
        messages: isEnd ? [] : [user('That is no action. Nothing has happened. Try again.')],
        reward: invalidReward,
        terminated: false,
        truncated: isEnd,
        ...(isEnd && { stopReason: 'invalid_action' }),
        info: { invalidActions },
      };
    }

    return orderly({
      async reset({ seed, signal }): Promise<ResetResult> {
        const limit = { what: 'reset of the Gymnasium environment', timeoutMs, signal };
        const given = await withinTime(async () => env.reset({ seed }), limit);
        const [observation, info = {}] = isList(given)
          ? given
          : ([given.observation, given.info] as const);
        const seen = describe(observation, info);
        const last = task.messages.at(-1);
        // Many chat templates refuse two messages of the user in a row.
        const messages =
          last?.role === 'user'
            ? [...task.messages.slice(0, -1), user(`${last.content}\n\n${seen}`)]
            : [...task.messages, user(seen)];
        return { messages };
      },
      async step({ content }, options) {
        turn++;
        const action = readAction(content);
        if (action === undefined) invalidActions++;
        const chosen =
          action ?? (typeof onInvalidAction === 'object' ? onInvalidAction.take : undefined);
        const result = chosen === undefined ? untaken() : await taken(chosen, options?.signal);
        const isGoingOn = !result.terminated && !result.truncated;
        const fine = action === undefined && chosen !== undefined ? invalidReward : 0;
        const step = { ...result, reward: result.reward + fine };
        return isGoingOn && turn >= maxTurns
          ? { ...step, truncated: true, stopReason: 'max_turns' as const }
          : step;
      },
      close: () =>
        withinTime(async () => env.close?.(), {
          what: 'close of the Gymnasium environment',
          timeoutMs,
        }),
    });
  };
}

/**
 * Reads an action that is one of a list of words, alone or in `<answer>…</answer>`, in any case.
 *
 * @returns the number of the word, from 0, as a discrete action space has it
 * @example
 * discreteActions(['left', 'right'])('Right'); // 1
 */
export function discreteActions(names: readonly string[]): (content: string) => number | undefined {
  const known = names.map((name) => name.toLowerCase());
  return (content) => {
    const [, tagged] = /^\s*<answer>([^<]{0,200})<\/answer>\s*$/.exec(content) ?? [];
    const at = known.indexOf((tagged ?? content).trim().toLowerCase());
    return at === -1 ? undefined : at;
  };
}

function user(content: string) {
  return { role: 'user' as const, content };
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function byNames<Observation>(step: GymnasiumStep<Observation>) {
  if (!isList(step)) return { info: {}, ...step };
  const [observation, reward, terminated, truncated, info = {}] = step;
  return { observation, reward, terminated, truncated, info };
}
