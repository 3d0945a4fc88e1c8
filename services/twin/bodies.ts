import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { LRUCache } from 'lru-cache';

const compress = promisify(gzip);

/** An answer's body that may be sent many times. */
export interface Body {
  readonly plain: Buffer;
  /** The same, compressed; made at the first call. */
  zipped(): Promise<Buffer>;
}

/** Bodies of answers under a byte budget, the least recently used dropped first. */
export interface BodyCache {
  /** The body under a key, made when it is not there. */
  get(key: string, make: () => string): Body;
}

/** A body of its own. */
export function bodyOf(text: string): Body {
  const plain = Buffer.from(text);
  let zipping: Promise<Buffer> | undefined;
  return {
    plain,
    zipped() {
      zipping ??= compress(plain, { level: constants.Z_BEST_SPEED });
      return zipping;
    },
  };
}

/** A cache of at most `maxBytes` of plain bodies; 0 keeps none. Compressed forms take about a tenth more. */
export function createBodyCache(maxBytes: number): BodyCache {
  if (maxBytes === 0) return { get: (_key, make) => bodyOf(make()) };
  const kept = new LRUCache<string, Body>({ maxSize: maxBytes, sizeCalculation: (body) => body.plain.length + 1 });
  return {
    get(key, make) {
      let body = kept.get(key);
      if (body === undefined) {
        body = bodyOf(make());
        kept.set(key, body);
      }
      return body;
    },
  };
}
