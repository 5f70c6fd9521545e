import type { Kernels } from '@grpo/tensor';
import type { StoredAs } from '../engine/linear.js';
import { adapterNames } from '../lora/lora.js';
import type { HostWeight, HostWeights } from '../types.js';
import { longLivedTogether } from './memory.js';

/** Numbers that stay where they are while weights change: what reads them need not look again. */
export interface Cell {
  /** The numbers of now, in the form that a kernel reads. */
  data: Float32Array;
}

/** A projection's weight, and what an adapter adds. */
export interface LinearWeight extends Cell {
  readonly outputs: number;
  readonly inputs: number;
  readonly adapter?: {
    readonly rank: number;
    /** s · A */
    readonly a: Cell;
    readonly b: Cell;
  };
}

/** The weights of a model as kernels read them: matrices packed, all else in place. */
export interface DecodeWeights {
  /** @throws where the model has no such weight */
  shapeOf(name: string): readonly number[];
  vector(name: string): Cell;
  linear(name: string, stored: StoredAs): LinearWeight;
  /** Takes up the numbers of now; those that stayed the same cost nothing. */
  update(now: HostWeights): void;
}

/** @param first weights by whose names and shapes those of later are known */
export function decodeWeights(kernels: Kernels, first: HostWeights): DecodeWeights {
  const { adapterScale } = first;
  const fresh = longLivedTogether(kernels);
  let weights = first;
  const cells = new Map<string, Cell>();
  const updates: (() => void)[] = [];

  const entryOf = (name: string): HostWeight => {
    const found = weights.tensors.get(name);
    if (found !== undefined) return found;
    throw new Error(`sample: needs the weight "${name}", got none.`);
  };
  /** A cell that is filled now, and again whenever the weight is another. */
  function cellOf<C extends Cell>(name: string, cell: C, fill: (values: Float32Array) => void): C {
    let held: HostWeight | undefined;
    const update = () => {
      const entry = entryOf(name);
      if (entry === held) return;
      fill(entry.read());
      held = entry;
    };
    update();
    updates.push(update);
    return cell;
  }
  function packed(name: string, stored: StoredAs, scale = 1): LinearWeight {
    const [first = 0, second = 0] = entryOf(name).shape;
    const [outputs, inputs] = stored === 'out-in' ? [first, second] : [second, first];
    const data = fresh(kernels.packedSize(outputs, inputs));
    return cellOf(name, { data, outputs, inputs }, (values) => {
      const scaled = scale === 1 ? values : values.map((value) => scale * value);
      kernels.pack(data, scaled, outputs, inputs, stored === 'in-out');
    });
  }
  function adapted(name: string, stored: StoredAs): LinearWeight {
    const base = packed(name, stored);
    const names = adapterNames(name.replace(/\.weight$/, ''));
    if (!weights.tensors.has(names.a)) return base;
    const a = packed(names.a, 'out-in', adapterScale);
    return { ...base, adapter: { rank: a.outputs, a, b: packed(names.b, 'out-in') } };
  }
  function known<C extends Cell>(key: string, make: () => C): C {
    const cell = (cells.get(key) as C | undefined) ?? make();
    cells.set(key, cell);
    return cell;
  }

  return {
    shapeOf: (name) => entryOf(name).shape,
    vector: (name) =>
      known(name, () => {
        const cell: Cell = { data: new Float32Array() };
        return cellOf(name, cell, (values) => {
          cell.data = values;
        });
      }),
    linear: (name, stored) => known(`${name} ${stored}`, () => adapted(name, stored)),
    update: (now) => {
      weights = now;
      for (const update of updates) update();
    },
  };
}
