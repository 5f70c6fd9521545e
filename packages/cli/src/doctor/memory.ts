import { statfsSync } from 'node:fs';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/** What the machine has, in GiB where nothing else is said. */
export interface MachineFacts {
  readonly cores: number;
  readonly memory: number;
  readonly free: number;
  /** A container's limit, where there is one. */
  readonly limit?: number;
  /** What JavaScript alone may take; tensors of native and wasm stand outside. */
  readonly heap: number;
  /** Free where the command runs. */
  readonly disk: number;
}

const GIB = 2 ** 30;

export function machineFacts(folder = process.cwd()): MachineFacts {
  const { bavail, bsize } = statfsSync(folder);
  const limit = process.constrainedMemory?.() ?? 0;
  const memory = totalmem();
  return {
    cores: availableParallelism(),
    memory: gib(memory),
    free: gib(freemem()),
    // Without a limit the system says nothing, or more than there is.
    ...(limit > 0 && limit < memory && { limit: gib(limit) }),
    heap: gib(getHeapStatistics().heap_size_limit),
    disk: gib(bavail * bsize),
  };
}

function gib(bytes: number): number {
  return Math.round((bytes / GIB) * 10) / 10;
}
