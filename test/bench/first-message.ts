// Whether bytes of a stream hold an offer yet, for clients that look no further: complete messages of each framing.

/** Told the bytes of a stream as they come; true once a complete message with an offer is among them. */
export type OfferSeen = (chunk: Buffer) => boolean;

/** The member of every offer in JSON, whatever its framing. A page of none names none. */
const offerInJson = '"offerId":';

/** Messages of text that end with `delimiter`. */
export function textMessages(delimiter: string): OfferSeen {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = rest.indexOf(delimiter); at >= 0; at = rest.indexOf(delimiter, from)) {
      if (inJson(rest.subarray(from, at))) return true;
      from = at + delimiter.length;
    }
    rest = rest.subarray(from);
    return false;
  };
}

/** Messages in envelopes of a byte of flags and four of length, as Connect and gRPC-Web have them. */
export function enveloped(hasOffer: (message: Buffer) => boolean): OfferSeen {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 5) {
      const end = 5 + rest.readUInt32BE(1);
      if (end > rest.length) return false;
      if (rest[0] === 0 && hasOffer(rest.subarray(5, end))) return true;
      rest = rest.subarray(end);
    }
    return false;
  };
}

/** Whether a message of JSON has an offer. */
export function inJson(message: Buffer): boolean {
  return message.includes(offerInJson);
}

/** Fields of the contract: `update` of a search's response, `upserts` of that. */
const [updateField, upsertsField] = [1, 5];

/** Whether a search's response as protobuf has an offer. */
export function inProtobuf(message: Buffer): boolean {
  const update = fieldOf(message, updateField);
  return update !== undefined && fieldOf(update, upsertsField) !== undefined;
}

/** The first field of a number that is a message; undefined where there is none. */
function fieldOf(message: Buffer, field: number): Buffer | undefined {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const wireType = tag & 7;
    if (wireType === 2) {
      const length = varint();
      if (tag >> 3 === field) return message.subarray(at, at + length);
      at += length;
    } else if (wireType === 0) varint();
    else at += wireType === 1 ? 8 : 4;
  }
  return undefined;
}
