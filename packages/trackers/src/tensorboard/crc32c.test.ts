import { expect, it } from 'vitest';
import { crc32c, maskedCrc32c } from './crc32c.js';

it.each([
  { what: '32 zeros', bytes: Buffer.alloc(32), sum: 0x8a9136aa },
  { what: '32 ones', bytes: Buffer.alloc(32, 0xff), sum: 0x62a8ab43 },
  { what: '0 to 31', bytes: Buffer.from(Array.from({ length: 32 }, (_, i) => i)), sum: 0x46dd794e },
  { what: 'digits', bytes: Buffer.from('123456789'), sum: 0xe3069283 },
  { what: 'nothing', bytes: Buffer.alloc(0), sum: 0 },
])('$what have the checksum that RFC 3720 gives', ({ bytes, sum }) => {
  expect(crc32c(bytes)).toBe(sum);
});

it('the mask rotates by 15 bits and adds a constant', () => {
  const sum = BigInt(crc32c(Buffer.from('foo')));
  const rotated = ((sum >> 15n) | (sum << 17n)) & 0xffffffffn;
  expect(maskedCrc32c(Buffer.from('foo'))).toBe(Number((rotated + 0xa282ead8n) & 0xffffffffn));
});
