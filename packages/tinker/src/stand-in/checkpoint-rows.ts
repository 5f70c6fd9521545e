import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Published } from './engine.js';
import { Refusal } from './refusal.js';

export type CheckpointKind = 'weights' | 'sampler_weights';

export interface CheckpointRow {
  readonly model: string;
  readonly name: string;
  readonly kind: CheckpointKind;
  readonly folder: string;
  readonly time: string;
  isComplete: boolean;
  published?: Published;
}

/** The checkpoints of all models. They stay when the models go. */
export class CheckpointRows {
  readonly #rows: CheckpointRow[] = [];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws Refusal where the name is taken */
  add(model: string, name: string, kind: CheckpointKind): CheckpointRow {
    if (this.#find(model, name, kind)) {
      throw new Refusal(409, `Checkpoint '${name}' already exists for model '${model}'`);
    }
    const folder = join(this.#folder, model, kind, name);
    const row: CheckpointRow = { model, name, kind, folder, time: now(), isComplete: false };
    this.#rows.push(row);
    return row;
  }

  /** @throws Refusal where there is none */
  get(model: string, name: string, kind: string): CheckpointRow {
    const row = this.#find(model, name, kind);
    if (row === undefined) throw new Refusal(404, `Checkpoint not found: ${model}/${name}`);
    return row;
  }

  /** By `tinker://<model>/<kind>/<name>`. */
  at(path: unknown): CheckpointRow {
    const [model, kind, name] = String(path).replace('tinker://', '').split('/');
    return this.get(model, name, kind);
  }

  /** By the path that samples go by, with the kind or without. */
  sampledAt(path: unknown): CheckpointRow {
    const parts = String(path).replace('tinker://', '').split('/');
    return this.get(parts[0], parts.at(-1) ?? '', 'sampler_weights');
  }

  remove(row: CheckpointRow): void {
    this.#rows.splice(this.#rows.indexOf(row), 1);
    rmSync(row.folder, { recursive: true, force: true });
  }

  /** As the server lists them: training first. */
  of(model: string): object[] {
    const kinds: readonly CheckpointKind[] = ['weights', 'sampler_weights'];
    return kinds
      .flatMap((kind) => this.#rows.filter((one) => one.kind === kind))
      .filter((one) => one.model === model && one.isComplete)
      .map(({ name, kind, time }) => ({
        checkpoint_id: name,
        checkpoint_type: kind === 'weights' ? 'training' : 'sampler',
        time,
        tinker_path: `tinker://${model}/${kind}/${name}`,
      }));
  }

  #find(model: string, name: string, kind: string): CheckpointRow | undefined {
    return this.#rows.find((one) => one.model === model && one.name === name && one.kind === kind);
  }
}

/** A time as the server writes it. */
export function now(): string {
  return new Date().toISOString().replace('Z', '');
}
