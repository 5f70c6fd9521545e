/** One episode with a function in the model's place, printed as it goes: what every example here stands on. */
import type { Env, Task } from '@grpo/envs';
import type { Episode, EpisodeEnd, Message } from '@grpo/rewards';

/** Stands in for the model: what it says to a conversation. */
export type Player = (conversation: readonly Message[], turn: number) => string;

/**
 * Plays an episode to its end, and says line by line what is said.
 *
 * @returns the episode as reward functions see it
 */
export async function play(env: Env, task: Task, player: Player, seed = 1): Promise<Episode> {
  const messages: Message[] = [];
  const hear = (more: readonly Message[]) => {
    for (const { role, content } of more) console.log(`  ${role}: ${content}`);
    messages.push(...more);
  };
  let [completion, environmentReward] = ['', 0];
  let end: EpisodeEnd | undefined;
  try {
    hear((await env.reset({ seed })).messages);
    for (let turn = 0; end === undefined; turn++) {
      completion = player(messages, turn);
      hear([{ role: 'assistant', content: completion }]);
      const step = await env.step({ role: 'assistant', content: completion });
      hear(step.messages);
      environmentReward += step.reward;
      if (step.terminated || step.truncated) {
        end = step.terminated ? 'terminated' : 'truncated';
        console.log(
          `  (${end}: ${step.stopReason ?? 'no reason given'}, reward ${environmentReward})`,
        );
      }
    }
  } finally {
    await env.close();
  }
  return { task: task.id, messages, completion, row: task.row, environmentReward, end };
}

/** A call as Hermes and Qwen write it. */
export function call(name: string, args: Readonly<Record<string, unknown>>): string {
  return `<tool_call>${JSON.stringify({ name, arguments: args })}</tool_call>`;
}
