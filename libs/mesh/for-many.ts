/** What is kept of a message that goes to many: nothing before it was sent, then that it was, then its bytes. */
const known = new WeakMap<object, 'new' | 'sent' | Uint8Array>();

/**
 * Says that a message may be sent to many. From the second time on, its bytes on the wire are made no more, but kept as long as it
 * lives. It must not change. In memory messages have no bytes, and this does nothing.
 */
export function forMany<Message extends object>(message: Message): Message {
  if (!known.has(message)) known.set(message, 'new');
  return message;
}

/** The message's bytes, as `encode` makes them; the same ones again where it is for many. Not to be changed. */
export function bytesOnce(message: unknown, encode: () => Uint8Array): Uint8Array {
  const before = known.get(message as object);
  if (before === undefined) return encode();
  if (typeof before !== 'string') return before;
  const bytes = encode();
  // Most are sent once after all, and would hold their bytes in vain.
  known.set(message as object, before === 'new' ? 'sent' : bytes);
  return bytes;
}
