import { hash, randomBytes } from 'node:crypto';

/** A key as clients.yaml knows it: never the key itself. */
export interface ClientKey {
  /** Tells a client's keys apart, in the file, in logs and to its owner: the middle of "ek_<id>_<secret>". */
  readonly id: string;
  /** The client that it is a key of. */
  readonly client: string;
  /** "sha256:" and the hash of the key in hexadecimal digits. */
  readonly hash: string;
  /** When it was made, as the file says; for people. */
  readonly created: string | undefined;
  /** From when on it is refused, epoch ms; undefined for never. */
  readonly expiresAt: number | undefined;
}

/** Characters of a key's id. */
export const keyIdPattern = '^[a-z0-9][a-z0-9-]{0,31}$';

/** Of randomness in a key: nobody guesses one. */
const SECRET_BYTES = 32;

/**
 * A new key, to be given to its client and kept nowhere else.
 * @param id of letters, digits and hyphens; default a "k" and eight random digits
 */
export function makeKey(id: string = randomId()): {
  readonly id: string;
  readonly key: string;
  readonly hash: string;
} {
  if (!new RegExp(keyIdPattern).test(id)) throw new TypeError(`"${id}" is no id of a key`);
  const key = `ek_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { id, key, hash: hashOfKey(key) };
}

/** Begins with a letter: YAML would read "27945721" and "1234e567" as numbers. */
function randomId(): string {
  return `k${randomBytes(4).toString('hex')}`;
}

/**
 * What is kept of a key. SHA-256 alone is right for it: slow and salted hashes protect what people choose, and a key is 256 bits of
 * chance, which nobody finds by trying. Looking a key up by its hash also takes no time that says anything about other keys.
 */
export function hashOfKey(key: string): string {
  return `sha256:${hash('sha256', key, 'hex')}`;
}
