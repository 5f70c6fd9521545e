import type { RunFacts } from '../types.js';

export interface WandbOptions {
  /** Default `WANDB_PROJECT`, else `grpo`. */
  readonly project?: string;
  /** A person or a team. Default `WANDB_ENTITY`, else that of the key. */
  readonly entity?: string;
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The project and the entity that a run goes to. */
export function wandbTarget({ project, entity, env = process.env }: WandbOptions) {
  const owner = entity ?? env.WANDB_ENTITY;
  return {
    project: project ?? env.WANDB_PROJECT ?? 'grpo',
    ...(owner === undefined ? {} : { entity: owner }),
  };
}

/** Eight characters, as W&B's own. */
export function runIdOf(run: RunFacts): string {
  return run.id.slice(0, 8);
}
