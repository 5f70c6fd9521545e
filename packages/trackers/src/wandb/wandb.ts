import type { Sink } from '../types.js';
import { wandbLive } from './wandb-live.js';
import { wandbOffline } from './wandb-offline.js';
import type { WandbOptions } from './wandb-target.js';

/** Live where `WANDB_API_KEY` is set and `WANDB_MODE` is not `offline`; else a folder for `wandb sync`. */
export function wandb({ env = process.env, ...options }: WandbOptions = {}): Sink {
  const isLive = Boolean(env.WANDB_API_KEY) && env.WANDB_MODE !== 'offline';
  return isLive ? wandbLive({ ...options, env }) : wandbOffline({ ...options, env });
}
