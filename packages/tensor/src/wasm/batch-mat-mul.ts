import * as tf from '@tensorflow/tfjs';
import { BATCH_MAT_MUL_WASM } from './batch-mat-mul.wasm.js';
import { heapView, type WasmBackend } from './heap.js';

// Node's type declarations leave WebAssembly to the DOM's, of which nothing else is wanted here.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

interface Kernel {
  readonly memory: WasmMemory;
  readonly batchMatMul: (...pointersSizesAndStrides: number[]) => void;
}

interface MatMulArgs {
  readonly inputs: { readonly a: tf.TensorInfo; readonly b: tf.TensorInfo };
  readonly attrs: { readonly transposeA: boolean; readonly transposeB: boolean };
  readonly backend: WasmBackend;
}

const FLOAT = Float32Array.BYTES_PER_ELEMENT;
const PAGE = 65_536;
const PANEL = 8; // columns of B that the kernel handles at once

/**
 * The wasm backend's matrix product, `op(A) · op(B)` over any leading dimensions.
 *
 * The backend's own kernel leaves its fast path as soon as there is a batch or a transposed operand,
 * which is every attention product and every gradient. This one copies the operands into a memory of
 * its own, multiplies there (batch-mat-mul.wat), and copies the result back.
 *
 * @param original the kernel that handles what this one does not: broadcast batches.
 */
export function batchMatMul(original: tf.KernelFunc): tf.KernelFunc {
  const { memory, batchMatMul: multiply } = instantiate();
  return (args) => {
    const { inputs, attrs, backend } = args as unknown as MatMulArgs;
    const { a, b } = inputs;
    const batchShape = a.shape.slice(0, -2);
    const batchesA = tf.util.sizeFromShape(batchShape);
    const batchesB = tf.util.sizeFromShape(b.shape.slice(0, -2));
    if (batchesA !== batchesB) return original(args);

    const [rowsA = 0, columnsA = 0] = a.shape.slice(-2);
    const [rowsB = 0, columnsB = 0] = b.shape.slice(-2);
    const [m, k] = attrs.transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
    const n = attrs.transposeB ? rowsB : columnsB;
    const out = backend.makeOutput([...batchShape, m, n], 'float32');

    const sizeA = batchesA * m * k;
    const sizeB = batchesB * k * n;
    const sizeC = batchesA * m * n;
    const sizeScratch = Math.ceil(n / PANEL) * PANEL * k;
    const heap = reserve(memory, sizeA + sizeB + sizeC + sizeScratch);
    heap.set(heapView(backend, a), 0);
    heap.set(heapView(backend, b), sizeA);
    multiply(
      0,
      sizeA * FLOAT,
      (sizeA + sizeB) * FLOAT,
      (sizeA + sizeB + sizeC) * FLOAT,
      batchesA,
      m,
      k,
      n,
      m * k * FLOAT,
      ...(attrs.transposeA ? [FLOAT, m * FLOAT] : [k * FLOAT, FLOAT]),
      k * n * FLOAT,
      ...(attrs.transposeB ? [FLOAT, k * FLOAT] : [n * FLOAT, FLOAT]),
    );
    heapView(backend, out).set(heap.subarray(sizeA + sizeB, sizeA + sizeB + sizeC));
    return out;
  };
}

function instantiate(): Kernel {
  const bytes = Buffer.from(BATCH_MAT_MUL_WASM, 'base64');
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return exports as Kernel;
}

/** The first `floats` numbers of the kernel's memory, grown where it is too small. */
function reserve(memory: WasmMemory, floats: number): Float32Array {
  const missing = floats * FLOAT - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  return new Float32Array(memory.buffer, 0, floats);
}
