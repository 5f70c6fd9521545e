import { type Kernels, newArray } from '@grpo/tensor';
import type { ModelConfig } from '../architectures/architecture.js';
import { outputWeight } from '../architectures/decoder.js';
import { haveSameShapes } from '../engine/host-weights.js';
import { LOST, ROOT, type TokenTrace } from '../engine/token-trace.js';
import type { Decoded, DecodeEngine, HostWeights } from '../types.js';
import { createPageStore, type Sequence } from './pages.js';
import { fuse, traceDecoder } from './program.js';
import { linkProgram, type Pass } from './run-program.js';
import { decodeWeights } from './weights.js';

/** Sequences that are decoded together. */
export interface PagedBatch {
  readonly sequences: readonly Sequence[];
}

/** A model's weights, made ready for the kernels. */
interface Linked {
  readonly update: (now: HostWeights) => void;
  /** Hidden states of a pass. [rows, D] */
  readonly hidden: (pass: Pass) => Float32Array;
  /** As `hidden`, and the results of projections are kept. */
  readonly traced: (pass: Pass) => Float32Array;
  /** Logits of hidden states. [rows, V] */
  readonly logits: (out: Float32Array, hidden: Float32Array, rows: number) => void;
}

/** Tokens of prompts that run together: what lies between two products stays in the cache of the processor. */
const PREFILL_ROWS = 512;

/**
 * Decodes with the kernels of the simd backend, on plain arrays. Weights are packed once for each time that they
 * change. Keys and values lie in pages, which the completions of a prompt share.
 *
 * @param weights asked for at every refresh
 * @param trace keeps what is computed of answers that will be trained on; whoever changes the weights clears it
 */
export function simdEngine(
  kernels: Kernels,
  config: ModelConfig,
  weights: () => HostWeights,
  trace?: TokenTrace,
): DecodeEngine<PagedBatch> {
  const { hiddenSize, vocabularySize } = config;
  const places = kernels.pagePlaces();
  const pageSize = kernels.pageSize(config.layers, config.keyValueHeads, config.headSize);
  const store = createPageStore(pageSize, places, (numbers) =>
    newArray(kernels, numbers, { onLargePages: true }),
  );
  let held: HostWeights | undefined;
  let linked: Linked | undefined;
  let rows = { ids: new Int32Array(), positions: new Int32Array(), sequences: new Int32Array() };
  let table = new Int32Array();
  let logits: Float32Array = new Float32Array();
  let draws = drawArrays(0);

  function link(now: HostWeights): Linked {
    const ready = decodeWeights(kernels, now);
    const program = fuse(traceDecoder(config, ready.shapeOf));
    const hidden = linkProgram(kernels, config, ready, program);
    const traced = trace ? linkProgram(kernels, config, ready, program, trace) : hidden;
    const output = ready.linear(outputWeight(config), 'out-in');
    const cap = config.logitSoftcap;
    return {
      update: ready.update,
      hidden,
      traced,
      logits: (out, states, count) => {
        kernels.linear(out, states, output.data, count, vocabularySize, hiddenSize);
        if (cap !== undefined) kernels.softCap(out, out, cap, count * vocabularySize);
      },
    };
  }

  function ready(): Linked {
    if (linked === undefined) throw new Error('simdEngine: needs a refresh before a pass.');
    return linked;
  }

  /** The pages of sequences as a table. */
  function tableOf(sequences: readonly Sequence[]): number {
    const columns = Math.max(...sequences.map(({ pages }) => pages.length));
    const size = 2 * columns * sequences.length;
    if (table.length < size) table = new Int32Array(2 * size);
    table.fill(-1, 0, size);
    for (const [s, { pages, starts }] of sequences.entries()) {
      let at = 2 * columns * s;
      for (let column = 0; column < pages.length; column++) {
        table[at++] = pages[column];
        table[at++] = starts[column];
      }
    }
    return columns;
  }

  function makeRoom(count: number): void {
    if (rows.ids.length >= count) return;
    const make = () => new Int32Array(count);
    rows = { ids: make(), positions: make(), sequences: make() };
  }

  /** Hidden states of the rows that were laid out; where they are trained on, the trace learns of their tokens. */
  function run(
    { hidden, traced }: Linked,
    sequences: readonly Sequence[],
    count: number,
    columns: number,
    isTrainedOn: boolean,
  ): Float32Array {
    const pass = passOf(count, columns);
    const first = isTrainedOn ? trace?.reserve(count) : undefined;
    for (let row = 0; row < count; row++) {
      const sequence = sequences[rows.sequences[row]];
      if (first === undefined || trace === undefined) sequence.node = LOST;
      else sequence.node = trace.place(sequence.node, rows.ids[row], first + row);
    }
    return first === undefined ? hidden(pass) : traced({ ...pass, first });
  }

  const passOf = (count: number, columns: number): Pass => ({
    ...rows,
    rows: count,
    slabs: store.slabs,
    pagesPerSlab: store.pagesPerSlab,
    table,
    columns,
  });

  return {
    refresh: () => {
      const now = weights();
      if (now === held) return false;
      if (linked !== undefined && held !== undefined && haveSameShapes(held, now)) {
        const isOther = [...now.tensors].some(([name, entry]) => held?.tensors.get(name) !== entry);
        linked.update(now);
        held = now;
        return isOther;
      }
      linked = link(now);
      held = now;
      return true;
    },

    prefill: (prompts, isTrainedOn = false) => {
      const model = ready();
      const sequences = prompts.map(
        (): Sequence => ({ pages: [], starts: [], length: 0, node: ROOT }),
      );
      for (const [s, { length }] of prompts.entries()) store.reserve(sequences[s], length);
      const columns = tableOf(sequences);
      makeRoom(PREFILL_ROWS);
      const last = new Float32Array(prompts.length * hiddenSize);
      const ends: number[] = []; // rows of a pass that end a prompt
      let [count, ended] = [0, 0];
      const runRows = () => {
        const states = run(model, sequences, count, columns, isTrainedOn);
        for (const row of ends) {
          last.set(states.subarray(row * hiddenSize, (row + 1) * hiddenSize), ended * hiddenSize);
          ended += 1;
        }
        ends.length = 0;
        count = 0;
      };
      for (const [s, prompt] of prompts.entries()) {
        for (const [position, id] of prompt.entries()) {
          rows.ids[count] = id;
          rows.positions[count] = position;
          rows.sequences[count] = s;
          if (position + 1 === prompt.length) ends.push(count);
          count += 1;
          if (count === PREFILL_ROWS) runRows();
        }
        sequences[s].length = prompt.length;
      }
      if (count > 0) runRows();
      const out = new Float32Array(prompts.length * vocabularySize);
      model.logits(out, last, prompts.length);
      return { batch: { sequences }, logits: out };
    },

    step: (batch, ids, isTrainedOn = false): Decoded<PagedBatch> => {
      const model = ready();
      const { sequences } = batch;
      const count = sequences.length;
      makeRoom(count);
      for (let s = 0; s < count; s++) {
        store.reserve(sequences[s], 1);
        rows.ids[s] = ids[s];
        rows.positions[s] = sequences[s].length;
        rows.sequences[s] = s;
      }
      const states = run(model, sequences, count, tableOf(sequences), isTrainedOn);
      const size = count * vocabularySize;
      if (logits.length < size) logits = newArray(kernels, size);
      model.logits(logits, states, count);
      for (const sequence of sequences) sequence.length += 1;
      return { batch, logits };
    },

    pick: ({ sequences }, picked) => ({
      sequences: picked.map((row) => store.branch(sequences[row])),
    }),
    join: (batches) => ({ sequences: batches.flatMap(({ sequences }) => sequences) }),
    free: ({ sequences }) => {
      for (const sequence of sequences) store.free(sequence);
    },
    draw: (from, asked) => {
      const count = asked.length;
      if (draws.ids.length < count) draws = drawArrays(count);
      const { ids, logProbs, at, temperatures, uniforms } = draws;
      for (let i = 0; i < count; i++) {
        at[i] = asked[i].row;
        temperatures[i] = asked[i].temperature;
        uniforms[i] = asked[i].uniform;
      }
      kernels.drawTokens(ids, logProbs, from, at, temperatures, uniforms, count, vocabularySize);
      return { ids, logProbs };
    },
    isPaged: true,
  };
}

function drawArrays(count: number) {
  return {
    ids: new Int32Array(count),
    logProbs: new Float64Array(count),
    at: new Int32Array(count),
    temperatures: new Float64Array(count),
    uniforms: new Float64Array(count),
  };
}
