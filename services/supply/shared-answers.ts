import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { constants, zstdCompress, zstdCompressSync, zstdDecompress } from 'node:zlib';
import type { SharedState } from '../../libs/shared/index.ts';
import { logger } from '../../libs/telemetry/index.ts';
import type { AnswerContext } from './adapter.ts';
import type { Answer } from './answers.ts';
import type { ToldRequest } from './asked-request.ts';
import { sharedAnswers } from './metrics.ts';
import type { ConfiguredPartner } from './partner.ts';

/** An answer as another replica needs it to make its rows again. */
export type RestoredAnswer = Omit<Answer, 'rows'>;

/** What stands before the body: everything but what each replica has itself. */
interface Head {
  readonly partner: string;
  readonly manifest: string;
  readonly kind: Answer['kind'];
  readonly contentType: string | undefined;
  readonly context: Omit<AnswerContext, 'account' | 'manifest'>;
  readonly expiresAt: number;
  /** Redacted: what may not be told is not shared either. */
  readonly asked: ToldRequest | undefined;
}

/** Of the form in which answers are shared; others are passed over. */
const VERSION = 1;
/** Bytes before the head: version, whether the body is compressed, lengths of head and body. */
const PREFIX = 10;
/** Below this there is nothing to gain. */
const LEAST_COMPRESSED_BYTES = 2_048;
/** Below this a thread takes more of the processor than the work, which takes less than 0.5 ms. */
const SYNC_BYTES = 131_072;
/** A body that is larger, compressed, stays with its replica. */
const MOST_BYTES = 8_388_608;
/** Bodies that wait to be written, in bytes; beyond it they stay with their replica. */
const MOST_WAITING_BYTES = 67_108_864;
/** Who asks for an answer in the moment in which it is being written finds it after this. */
const WRITING_MS = 50;
const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const log = logger('supply.answers');

/**
 * Answers beyond the replica that got them: a second place in the shared state, as long as their rows live, from which any
 * replica with the same mapping makes offers of them. Writing holds nobody up, and whatever cannot be written or read is as if it
 * were not held.
 */
export class SharedAnswers {
  readonly #shared: SharedState;
  readonly #partnerOf: (name: string) => ConfiguredPartner | undefined;
  readonly #writing = new Map<string, Promise<boolean>>();
  #waitingBytes = 0;

  /** @param partnerOf the partner of a name in force here */
  constructor(shared: SharedState, partnerOf: (name: string) => ConfiguredPartner | undefined) {
    this.#shared = shared;
    this.#partnerOf = partnerOf;
  }

  /** Begins to write an answer, after what is under way at this moment. */
  write(digest: string, answer: RestoredAnswer): void {
    const bytes = answer.body.length;
    if (this.#waitingBytes + bytes > MOST_WAITING_BYTES) {
      sharedAnswers.add(1, { result: 'no_room' });
      return;
    }
    this.#waitingBytes += bytes;
    const written = this.#write(digest, answer).finally(() => {
      this.#waitingBytes -= bytes;
      if (this.#writing.get(digest) === written) this.#writing.delete(digest);
    });
    this.#writing.set(digest, written);
  }

  /** When an answer is where others find it; false where it was being written and could not be. */
  async written(digest: string): Promise<boolean> {
    return (await this.#writing.get(digest)) ?? true;
  }

  /** When whatever was begun is done. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing.values());
  }

  /** An answer that any replica got; undefined where it is not there, or no mapping of this replica's made it. */
  async read(digest: string, manifest: string): Promise<RestoredAnswer | undefined> {
    try {
      const stored = (await this.#shared.get(keyOf(digest))) ?? (await this.#lookAgain(digest));
      const answer = stored === undefined ? undefined : await this.#unpack(stored, manifest);
      sharedAnswers.add(1, { result: answer === undefined ? 'missing' : 'found' });
      return answer;
    } catch (error) {
      sharedAnswers.add(1, { result: 'failed' });
      log.debug({ err: error, answer: digest }, 'shared answer cannot be read');
      return undefined;
    }
  }

  async #lookAgain(digest: string): Promise<Buffer | undefined> {
    await sleep(WRITING_MS);
    return this.#shared.get(keyOf(digest));
  }

  async #write(digest: string, answer: RestoredAnswer): Promise<boolean> {
    // The search comes first.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      const packed = await pack(answer);
      if (packed.length > MOST_BYTES) {
        sharedAnswers.add(1, { result: 'too_large' });
        return false;
      }
      const ttlMs = answer.expiresAt - Date.now();
      if (ttlMs <= 0) return false;
      await this.#shared.set(keyOf(digest), packed, ttlMs);
      sharedAnswers.add(1, { result: 'written' });
      return true;
    } catch (error) {
      sharedAnswers.add(1, { result: 'failed' });
      log.debug({ err: error, answer: digest }, 'answer cannot be shared');
      return false;
    }
  }

  async #unpack(stored: Buffer, manifest: string): Promise<RestoredAnswer | undefined> {
    if (stored.readUInt8(0) !== VERSION) return undefined;
    const isCompressed = stored.readUInt8(1) === 1;
    const bodyAt = PREFIX + stored.readUInt32LE(2);
    const length = stored.readUInt32LE(6);
    const head = deserialize(stored.subarray(PREFIX, bodyAt)) as Head;
    const partner = this.#partnerOf(head.partner);
    if (head.manifest !== manifest || partner?.manifest.digest !== manifest) return undefined;
    const body = stored.subarray(bodyAt);
    const { asked } = head;
    return {
      ...(asked !== undefined && { asked: () => asked }),
      partner,
      context: { ...head.context, account: partner.account, manifest: partner.manifest },
      kind: head.kind,
      contentType: head.contentType,
      expiresAt: head.expiresAt,
      body: isCompressed ? await decompress(body, { maxOutputLength: Math.max(1, length) }) : body,
    };
  }
}

function keyOf(digest: string): string {
  return `answer:${digest}`;
}

function compressed(body: Buffer): Buffer | Promise<Buffer> {
  const { length: pledgedSrcSize } = body;
  const level = (of: number) => ({ params: { [constants.ZSTD_c_compressionLevel]: of }, pledgedSrcSize });
  return pledgedSrcSize < SYNC_BYTES ? zstdCompressSync(body, level(-7)) : compress(body, level(1));
}

async function pack({ partner, context, kind, contentType, expiresAt, body, asked }: RestoredAnswer): Promise<Buffer> {
  const { account: _account, manifest, ...rest } = context;
  const head: Head = {
    partner: partner.name,
    manifest: manifest.digest,
    kind,
    contentType,
    context: rest,
    expiresAt,
    asked: asked?.(),
  };
  const headBytes = serialize(head);
  const isCompressed = body.length >= LEAST_COMPRESSED_BYTES;
  const stored = isCompressed ? await compressed(body) : body;
  const prefix = Buffer.alloc(PREFIX);
  prefix.writeUInt8(VERSION, 0);
  prefix.writeUInt8(isCompressed ? 1 : 0, 1);
  prefix.writeUInt32LE(headBytes.length, 2);
  prefix.writeUInt32LE(body.length, 6);
  return Buffer.concat([prefix, headBytes, stored]);
}
