import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { TsProtoServiceDefinition } from 'nice-grpc';
import type { MessageType, ServiceShape } from './definition.ts';
import { bytesOnce } from './for-many.ts';

/**
 * A generated definition as nice-grpc takes it, but without its copies: of every message by `fromPartial`, and of every
 * message's bytes. It has the shape of a generated definition, since nice-grpc takes each of its own shape for one of
 * grpc-js, whose received bytes it copies.
 */
export function grpcDefinition({ name, fullName, methods }: ServiceShape): TsProtoServiceDefinition {
  const wired: TsProtoServiceDefinition['methods'] = {};
  for (const [key, method] of Object.entries(methods)) {
    wired[key] = { ...method, requestType: wireType(method.requestType), responseType: wireType(method.responseType) };
  }
  return { name, fullName, methods: wired };
}

function wireType(type: MessageType<unknown>) {
  return {
    encode: (message: unknown) => ({ finish: () => shareable(bytesOnce(message, () => encode(type, message))) }),
    decode: (bytes: Uint8Array) => type.decode(bytes),
  };
}

/** One for all messages: a new one would grow from nothing each time, at twice the cost of the encoding itself. */
let writer = new BinaryWriter();
/** After a message of more bytes the writer is let go, so that one large message does not hold its memory for good. */
const mostKeptBytes = 262_144;

/** The message's bytes, in memory of their own. */
export function encode(type: MessageType<unknown>, message: unknown): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = type.encode(message, writer as never).finish();
  } catch (thrown) {
    // Half a message is in it.
    writer = new BinaryWriter();
    throw thrown;
  }
  if (bytes.byteLength > mostKeptBytes) writer = new BinaryWriter();
  return bytes;
}

/** Below this a copy into Node's pool costs less than memory of its own that the garbage collector has to track. */
const leastSharedBytes = 1_024;

/**
 * The bytes so that nice-grpc's `Buffer.from` takes them as they are: it copies a Uint8Array but shares an ArrayBuffer,
 * which its types do not know.
 */
export function shareable(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength < leastSharedBytes || bytes.byteLength !== bytes.buffer.byteLength) return bytes;
  return bytes.buffer as unknown as Uint8Array;
}
