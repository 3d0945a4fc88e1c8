import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuoteBatch } from '../contracts/gen/entrepot/pricing/v1/pricing.ts';
import { connect } from './connect.ts';
import { encode, shareable } from './grpc-definition.ts';
import { serve } from './serve.ts';
import { meshService } from './service.ts';
import { EchoDefinition } from './test-service.ts';

const quotes = (minor: number, bytes: number): QuoteBatch => ({
  batchId: 7,
  totalMinor: Buffer.alloc(bytes, minor),
  dueLaterMinor: Buffer.alloc(0),
  taxMinor: Buffer.alloc(0),
  totalMaxMinor: Buffer.alloc(0),
  chargesMinor: Buffer.alloc(0),
  chargesInTotal: Buffer.alloc(0),
  unpriced: [{ row: 1, reason: 'NO_RATE', detail: 'für diese Währung gibt es keinen Kurs' }],
});

describe('messages on the wire', () => {
  it('are encoded as by a writer of their own, whatever was encoded before', () => {
    const batch = fc.record({ minor: fc.nat(255), bytes: fc.oneof(fc.nat(3_000), fc.nat(400_000)) });
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1, maxLength: 6 }), (batches) => {
        const messages = batches.map(({ minor, bytes }) => quotes(minor, bytes));
        const encoded = messages.map((message) => encode(QuoteBatch, message));
        // Compared once all are there: none lies in memory that a later one was written into.
        for (const [index, message] of messages.entries()) {
          expect(Buffer.compare(encoded[index]!, QuoteBatch.encode(message).finish())).toBe(0);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('are encoded whole after one that could not be', () => {
    const broken = {
      encode(_: unknown, writer?: BinaryWriter): BinaryWriter {
        writer?.uint32(8).uint32(99).uint32(18).fork();
        throw new RangeError('no such number');
      },
      decode: () => undefined,
    };
    expect(() => encode(broken, {})).toThrow('no such number');
    const message = quotes(3, 100);
    expect(QuoteBatch.decode(encode(QuoteBatch, message))).toEqual(message);
  });

  it('reach a Buffer without a copy when they are large, and whole when they are small', () => {
    for (const bytes of [0, 40, 5_000]) {
      const encoded = encode(QuoteBatch, quotes(3, bytes));
      const buffer = Buffer.from(shareable(encoded));
      expect(Buffer.compare(buffer, encoded)).toBe(0);
      expect(buffer.buffer === encoded.buffer).toBe(bytes === 5_000);
    }
  });

  it('are never shared together with what else lies in the same memory', () => {
    const part = new Uint8Array(4_000).fill(1).subarray(100, 3_000);
    expect(Buffer.from(shareable(part))).toEqual(Buffer.alloc(2_900, 1));
  });

  it('are decoded where they were received, without a copy', async () => {
    const text = 'x'.repeat(200_000);
    const received: Uint8Array[] = [];
    const method = EchoDefinition.methods.say;
    const recorded = {
      encode: method.requestType.encode,
      decode(bytes: Uint8Array) {
        received.push(bytes);
        return method.requestType.decode(bytes);
      },
    };
    const definition = {
      ...EchoDefinition,
      methods: { say: { ...method, requestType: recorded, responseType: recorded } },
    };
    const service = meshService(definition, { say: async (note) => note });
    const server = await serve({ name: 'echo', services: [service], at: { address: '127.0.0.1:0' } });
    const { client, close } = connect(definition, { address: server.address });
    expect(await client.say({ text, count: 1 })).toEqual({ text, count: 1 });
    close();
    await server.close();
    // Behind the five bytes that gRPC puts before a message.
    expect(received.map(({ byteOffset, buffer, byteLength }) => [byteOffset, buffer.byteLength - byteLength])).toEqual([
      [5, 5],
      [5, 5],
    ]);
  });
});
