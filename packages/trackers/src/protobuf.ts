/** One field of a message that was read. */
export interface Field {
  readonly number: number;
  /** Of a varint. */
  readonly value?: number;
  /** Of a length-delimited field. */
  readonly bytes?: Uint8Array;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/**
 * An unsigned number in base 128, lowest digit first.
 * Source: https://protobuf.dev/programming-guides/encoding/
 *
 * @param value whole, 0 to 2⁵³ − 1
 */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

export function varintField(number: number, value: number): Buffer {
  return Buffer.concat([varint(number * 8 + VARINT), varint(value)]);
}

export function doubleField(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(number * 8 + FIXED64), bytes]);
}

export function bytesField(number: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([varint(number * 8 + LENGTH_DELIMITED), varint(length), ...parts]);
}

export function textField(number: number, text: string): Buffer {
  return bytesField(number, Buffer.from(text, 'utf8'));
}

/** The fields of a message, in their order; numbers of fixed width are passed over. */
export function readFields(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const next = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      value += (byte % 128) * scale;
      if (!(byte >= 128)) return value;
    }
  };
  while (at < message.length) {
    const key = next();
    const number = Math.floor(key / 8);
    const kind = key % 8;
    if (kind === VARINT) fields.push({ number, value: next() });
    else if (kind === LENGTH_DELIMITED) {
      const end = next() + at;
      fields.push({ number, bytes: message.subarray(at, end) });
      at = end;
    } else if (kind === FIXED64) at += 8;
    else if (kind === FIXED32) at += 4;
    else throw new Error(`readFields: needs a protobuf message, got wire type ${kind}.`);
  }
  return fields;
}
