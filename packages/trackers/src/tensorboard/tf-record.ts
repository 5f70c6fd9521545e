import { maskedCrc32c } from './crc32c.js';

/**
 * Frames one record: its length [8 bytes], the length's checksum [4], the record, its checksum [4], little-endian.
 * Source: https://www.tensorflow.org/tutorials/load_data/tfrecord
 */
export function tfRecord(record: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(record.length));
  return Buffer.concat([length, checksum(length), record, checksum(record)]);
}

function checksum(bytes: Uint8Array): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(maskedCrc32c(bytes));
  return sum;
}
