/**
 * The wire format of Protocol Buffers, as much of it as an ONNX file needs
 * (https://protobuf.dev/programming-guides/encoding). A message is the list of its fields.
 */
export type Field = Uint8Array;

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** @param value a whole number; negative ones take ten bytes, as int64 has them */
export function integer(field: number, value: number): Field {
  return concatenated([tag(field, VARINT), varint(BigInt(value))]);
}

/** @param value rounded to float32 */
export function float(field: number, value: number): Field {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return concatenated([tag(field, FIXED_32), bytes]);
}

export function text(field: number, value: string): Field {
  return bytes(field, new TextEncoder().encode(value));
}

export function bytes(field: number, value: Uint8Array): Field {
  return concatenated([tag(field, LENGTH_DELIMITED), varint(BigInt(value.length)), value]);
}

/** A message within a message. */
export function message(field: number, fields: readonly Field[]): Field {
  return bytes(field, concatenated(fields));
}

export function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function tag(field: number, wireType: number): Uint8Array {
  return varint(BigInt(field * 8 + wireType));
}

/** Seven bits a byte, the low ones first; all but the last have the top bit set. */
function varint(value: bigint): Uint8Array {
  const out: number[] = [];
  let left = BigInt.asUintN(64, value);
  do {
    const low = Number(left & 0x7fn);
    left >>= 7n;
    out.push(left > 0n ? low | 0x80 : low);
  } while (left > 0n);
  return Uint8Array.from(out);
}
