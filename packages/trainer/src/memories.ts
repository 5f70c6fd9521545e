import type { ControllerStep } from '@grpo/policy-loss';
import type { Memories, TrainParts } from './types.js';

type Remembering = Pick<TrainParts, 'advantage' | 'loss'> &
  Partial<Pick<TrainParts, 'dataset' | 'rewards'>>;

/** What the parts remember now, as plain numbers. */
export function memoriesOf({ advantage, loss, dataset, rewards = [] }: Remembering): Memories {
  const memory = 'memory' in advantage ? advantage.memory : undefined;
  const tasks = memoryOf(dataset);
  const scores = rewards.flatMap(({ name, memory: own }) => (own ? [[name, own.save()]] : []));
  return {
    ...(tasks && { tasks: tasks.save() }),
    ...(memory && { advantage: memory.save() }),
    ...(scores.length > 0 && { rewards: Object.fromEntries(scores) }),
    ...(loss.controllers && { controllers: loss.controllers.map((one) => one.save()) }),
  };
}

/**
 * Puts the parts into the state in which they were saved.
 *
 * @throws where the saved numbers belong to other parts
 */
export function restoreMemories(
  { advantage, loss, dataset, rewards = [] }: Remembering,
  saved: Memories,
): void {
  const memory = 'memory' in advantage ? advantage.memory : undefined;
  const controllers = loss.controllers ?? [];
  const savedControllers = saved.controllers ?? [];
  if (controllers.length !== savedControllers.length || !memory !== !saved.advantage) {
    throw new Error(
      `restoreMemories: needs the advantage and the loss of the saved run, got an advantage ${memory ? 'with' : 'without'} memory and a loss of ${controllers.length} controllers where ${saved.advantage ? 'one with' : 'one without'} and ${savedControllers.length} were saved. Resume with the same parts.`,
    );
  }
  const tasks = memoryOf(dataset);
  if (!tasks !== !saved.tasks) {
    throw new Error(
      `restoreMemories: needs the task source of the saved run, got one ${tasks ? 'with' : 'without'} memory where one ${saved.tasks ? 'with' : 'without'} was saved. Resume with the same tasks.`,
    );
  }
  const scores = rewards.filter((reward) => reward.memory);
  const [own, kept] = [scores.map(({ name }) => name), Object.keys(saved.rewards ?? {})];
  if (own.join() !== kept.join()) {
    throw new Error(
      `restoreMemories: needs the rewards of the saved run, got ${own.join(', ') || 'none'} with memory where ${kept.join(', ') || 'none'} with memory were saved. Resume with the same rewards.`,
    );
  }
  for (const { name, memory } of scores) memory?.load(saved.rewards?.[name] ?? {});
  if (saved.tasks) tasks?.load(saved.tasks);
  if (saved.advantage) memory?.load(saved.advantage);
  for (const [i, controller] of controllers.entries()) controller.load(savedControllers[i]);
}

function memoryOf(dataset: Remembering['dataset']) {
  return dataset && 'memory' in dataset ? dataset.memory : undefined;
}

/** Tells the loss's controllers of a finished optimizer step. */
export function updateControllers(
  { controllers = [] }: TrainParts['loss'],
  { kl, entropy }: Readonly<Record<string, number>>,
  sequences: number,
): void {
  const step: ControllerStep = {
    ...(kl !== undefined && { kl }),
    ...(entropy !== undefined && { entropy }),
    sequences,
  };
  for (const controller of controllers) controller.update(step);
}
