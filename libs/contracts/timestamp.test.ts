import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Offer } from './gen/entrepot/offer/v1/offer.ts';
import { Timestamp } from './gen/google/protobuf/timestamp.ts';
import { withTimestamps } from './generator/timestamps.ts';
import { fromTimestamp, toTimestamp } from './timestamp.ts';

const most = 8_640_000_000_000n * 1_000_000_000n;
const instant = fc
  .oneof(
    fc.bigInt({ min: -most, max: most }),
    fc.bigInt({ min: -3_000_000_000n, max: 3_000_000_000n }),
    fc.date({ noInvalidDate: true }).map((date) => BigInt(date.getTime()) * 1_000_000n),
  )
  .map((nanoseconds) => Temporal.Instant.fromEpochNanoseconds(nanoseconds));

test('an instant is the same after it was sent, to the nanosecond, also before 1970', () => {
  fc.assert(
    fc.property(instant, (at) => {
      const sent = toTimestamp(at);
      expect(sent.nanos).toBeGreaterThanOrEqual(0);
      expect(sent.nanos).toBeLessThan(1_000_000_000);
      expect(BigInt(sent.seconds) * 1_000_000_000n + BigInt(sent.nanos)).toBe(at.epochNanoseconds);
      expect(fromTimestamp(sent).equals(at)).toBe(true);
    }),
  );
});

test('generated messages carry instants so', () => {
  const at = Temporal.Instant.fromEpochNanoseconds(-1n);
  const bytes = Offer.encode(Offer.fromPartial({ offerId: 'o1', expiresAt: at })).finish();
  expect(Offer.decode(bytes).expiresAt?.equals(at)).toBe(true);
  const sent = Timestamp.encode({ seconds: -1, nanos: 999_999_999 }).finish();
  expect(Buffer.from(bytes).includes(Buffer.from(sent))).toBe(true);
});

test('what is no time that there is is refused', () => {
  expect(() => fromTimestamp({ seconds: 8_640_000_000_001, nanos: 0 })).toThrow(RangeError);
  expect(() => fromTimestamp({ seconds: 8_640_000_000_000, nanos: 1 })).toThrow(RangeError);
});

test('a generator that makes other conversions is noticed', () => {
  const made = readFileSync(join(import.meta.dirname, 'gen/entrepot/offer/v1/offer.ts'), 'utf8');
  expect(made).not.toContain('function fromTimestamp');
  expect(withTimestamps('import x from "x";\n', '../t.ts')).toBe('import x from "x";\n');
  const one = 'import x from "x";\nfunction toTimestamp(a) {\n}\n\n';
  expect(() => withTimestamps(one, '../t.ts')).toThrow('1 were found');
  expect(withTimestamps(`${one}function fromTimestamp(a) {\n}\n\nconst rest = 1;\n`, '../t.ts')).toBe(
    'import { fromTimestamp, toTimestamp } from "../t.ts";\nimport x from "x";\nconst rest = 1;\n',
  );
});
