import { bytesField, doubleField, textField, varintField } from '../protobuf.js';
import type { Point } from '../types.js';

/*
 * Messages and field numbers: https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto
 */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 };
const SESSION_LOG = { status: 1, start: 1 };
const VALUE = { tag: 1, tensor: 8, metadata: 9 };
const METADATA = { pluginData: 1, dataClass: 4, scalar: 1, tensor: 2 };
const TENSOR = { dtype: 1, shape: 2, doubleValues: 6, stringValues: 8, double: 2, string: 7 };
const SHAPE = { dimension: 2, size: 1 };

/** Opens every file. */
export function versionEvent(timeMs: number): Buffer {
  return Buffer.concat([time(timeMs), textField(EVENT.fileVersion, 'brain.Event:2')]);
}

/** Says that a run goes on at a step: what a reader holds from this step on, from earlier files, is void. */
export function startEvent(timeMs: number, step: number): Buffer {
  return Buffer.concat([
    time(timeMs),
    varintField(EVENT.step, step),
    bytesField(EVENT.sessionLog, varintField(SESSION_LOG.status, SESSION_LOG.start)),
  ]);
}

/** The numbers of one step as tensors of float64, so that none is rounded. */
export function scalarsEvent({ step, timeMs, values }: Point): Buffer {
  const summary = Object.entries(values).map(([name, value]) => {
    const number = Buffer.alloc(8);
    number.writeDoubleLE(value);
    return summaryValue(name, 'scalars', METADATA.scalar, [
      varintField(TENSOR.dtype, TENSOR.double),
      bytesField(TENSOR.shape),
      bytesField(TENSOR.doubleValues, number),
    ]);
  });
  return Buffer.concat([
    time(timeMs),
    varintField(EVENT.step, step),
    bytesField(EVENT.summary, ...summary),
  ]);
}

/** A text in Markdown, at step 0. */
export function textEvent(timeMs: number, name: string, markdown: string): Buffer {
  const value = summaryValue(name, 'text', METADATA.tensor, [
    varintField(TENSOR.dtype, TENSOR.string),
    bytesField(TENSOR.shape, bytesField(SHAPE.dimension, varintField(SHAPE.size, 1))),
    textField(TENSOR.stringValues, markdown),
  ]);
  return Buffer.concat([time(timeMs), bytesField(EVENT.summary, value)]);
}

function summaryValue(
  name: string,
  plugin: string,
  dataClass: number,
  tensor: readonly Uint8Array[],
): Buffer {
  return bytesField(
    1, // Summary.value
    textField(VALUE.tag, name),
    bytesField(
      VALUE.metadata,
      bytesField(METADATA.pluginData, textField(1, plugin)), // PluginData.plugin_name
      varintField(METADATA.dataClass, dataClass),
    ),
    bytesField(VALUE.tensor, ...tensor),
  );
}

/** Seconds since 1970. */
function time(timeMs: number): Buffer {
  return doubleField(EVENT.wallTime, timeMs / 1000);
}
