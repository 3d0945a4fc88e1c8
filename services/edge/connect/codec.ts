// A method's messages as bytes, in the two codecs of Connect and gRPC-Web. They are made and read by the platform's own code: the
// library's messages are of another kind, and every message would be made twice, and encoded anew for every reader.
import { EntrepotError, toEntrepotError } from '../../../libs/errors/index.ts';
import { checkShape } from '../../../libs/vertical/index.ts';
import { madeOnce } from '../api/made-once.ts';
import type { PublicMethod } from '../api/method.ts';

/** Whether messages are protobuf or the protobuf JSON mapping. */
export type CodecName = 'proto' | 'json';

/** One method's messages in one codec. */
export interface MethodCodec {
  /** @throws EntrepotError MALFORMED_BODY, INVALID_FIELD, UNKNOWN_FIELD */
  read(bytes: Uint8Array): object;
  /** The message in its envelope (a byte of flags, four of length): readers who are told the same share it. Not to be changed. */
  readonly enveloped: (message: object) => Buffer;
}

/** Bytes before each message of a stream. */
export const envelopeBytes = 5;

/** A method's messages in both codecs. */
export function codecsOf(method: PublicMethod): Readonly<Record<CodecName, MethodCodec>> {
  return {
    proto: {
      read: (bytes) => {
        try {
          return method.request.decode(bytes);
        } catch (error) {
          throw malformed(`The message is no ${method.input.typeName}: ${(error as Error).message}.`);
        }
      },
      enveloped: madeOnce((message) => envelope(0, method.response.encode(message).finish())),
    },
    json: {
      read: (bytes) => {
        const json = parse(bytes);
        checkShape(method.input, json);
        try {
          return method.request.fromJSON(json);
        } catch (error) {
          throw malformed(toEntrepotError(error).message);
        }
      },
      enveloped: madeOnce((message) => envelope(0, Buffer.from(JSON.stringify(method.response.toJSON(message))))),
    },
  };
}

/** Bytes with their envelope before them. */
export function envelope(flags: number, bytes: Uint8Array): Buffer {
  const enveloped = Buffer.allocUnsafe(envelopeBytes + bytes.byteLength);
  enveloped.writeUInt8(flags, 0);
  enveloped.writeUInt32BE(bytes.byteLength, 1);
  enveloped.set(bytes, envelopeBytes);
  return enveloped;
}

function parse(bytes: Uint8Array): unknown {
  try {
    // An empty text is an empty message, as an empty body is one in the other codec.
    return bytes.byteLength === 0 ? {} : JSON.parse(Buffer.from(bytes).toString());
  } catch (error) {
    throw malformed(`The message is not JSON: ${(error as Error).message}.`);
  }
}

/** MALFORMED_BODY. */
export function malformed(message: string): EntrepotError {
  return new EntrepotError({ reason: 'MALFORMED_BODY', message });
}
