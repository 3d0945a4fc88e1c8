// How answers are written: content types, the envelope that a stream ends with, and errors.
import {
  codeToHttpStatus,
  contentTypeStreamJson,
  contentTypeStreamProto,
  contentTypeUnaryJson,
  contentTypeUnaryProto,
  endStreamFlag,
  endStreamToJson,
  errorToJsonBytes,
} from '@connectrpc/connect/protocol-connect';
import {
  setTrailerStatus,
  trailerFlag,
  trailerSerialize,
  contentTypeJson as webJson,
  contentTypeProto as webProto,
} from '@connectrpc/connect/protocol-grpc-web';
import type { EntrepotError } from '../../../libs/errors/index.ts';
import { envelope } from './codec.ts';
import { connectErrorOf } from './errors.ts';
import type { Wire } from './wire.ts';

/** The content type of an answer. */
export function contentTypeOf({ protocol, codec, enveloped }: Wire): string {
  if (protocol === 'grpc-web') return codec === 'proto' ? webProto : webJson;
  if (enveloped) return codec === 'proto' ? contentTypeStreamProto : contentTypeStreamJson;
  return codec === 'proto' ? contentTypeUnaryProto : contentTypeUnaryJson;
}

/** The envelope that ends an answer; `error` is what it ended with. */
export function endOf({ protocol }: Wire, error?: EntrepotError): Buffer {
  const failed = error === undefined ? undefined : connectErrorOf(error);
  if (protocol === 'grpc-web') return envelope(trailerFlag, trailerSerialize(setTrailerStatus(new Headers(), failed)));
  return envelope(endStreamFlag, Buffer.from(JSON.stringify(endStreamToJson(new Headers(), failed, undefined))));
}

/** An answer that is nothing but an error. */
export interface ErrorAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** An error as the answer to a request; `wire` is undefined where it was of no known protocol. */
export function errorAnswer(error: EntrepotError, wire: Wire | undefined): ErrorAnswer {
  if (wire?.enveloped === true) return { status: 200, contentType: contentTypeOf(wire), body: endOf(wire, error) };
  const made = connectErrorOf(error);
  const status = error.reason === 'UNSUPPORTED_MEDIA_TYPE' ? 415 : codeToHttpStatus(made.code);
  return { status, contentType: contentTypeUnaryJson, body: errorToJsonBytes(made, undefined) };
}
