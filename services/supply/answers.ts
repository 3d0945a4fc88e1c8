import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { logger } from '../../libs/telemetry/index.ts';
import type { AnswerContext } from './adapter.ts';
import { digestOf } from './answer-digest.ts';
import type { ToldRequest } from './asked-request.ts';
import { parseBody } from './body.ts';
import type { ConfiguredPartner } from './partner.ts';
import type { RestoredAnswer, SharedAnswers } from './shared-answers.ts';

/** What an answer is: a page of a search, or what a partner said when it was asked again for one row. */
export type AnswerKind = 'page' | 'verified';

/** A partner's answer with what is needed to read it again. */
export interface Answer {
  readonly partner: ConfiguredPartner;
  readonly context: AnswerContext;
  readonly kind: AnswerKind;
  /** The body as received, decompressed. Handed over: not to be changed. */
  readonly body: Buffer;
  readonly contentType: string | undefined;
  /** The rows that were read from it. */
  readonly rows: readonly unknown[];
  /** When the longest-lived of its rows expires, epoch ms: until then it is worth keeping. */
  readonly expiresAt: number;
  /** What it was asked with, for people; absent where that is not known. */
  readonly asked?: () => ToldRequest;
}

/** An answer that is held, as it came. */
export interface OriginalAnswer {
  readonly asked: (() => ToldRequest) | undefined;
  /** Decompressed. */
  readonly body: Buffer;
}

/** An answer that is held, with its rows. */
export interface HeldRows {
  readonly partner: ConfiguredPartner;
  readonly context: AnswerContext;
  readonly rows: readonly unknown[];
}

/** Options of {@link AnswerStore}. */
export interface AnswerStoreOptions {
  /**
   * Bodies held in all, compressed or not, in bytes; default 256 MiB, sensible 16 MiB to 8 GiB. Beyond it the least
   * recently used answers go, and their offers with them.
   */
  readonly budgetBytes?: number;
  /**
   * Bodies held as they came; default an eighth of the budget. Beyond it the oldest are compressed, so a quiet process
   * never pays for compression.
   */
  readonly plainBytes?: number;
  /**
   * How long rows stay parsed after their last use, in ms, unless the search that they came in is over before; default
   * 3,000, sensible 500 to 30,000.
   */
  readonly parsedForMs?: number;
  /** Bodies whose rows are parsed at once, in bytes (parsed they take 3 to 6 times as much); default 16 MiB. */
  readonly parsedBytes?: number;
}

/** What the store holds and has done, for metrics. */
export interface AnswerStats {
  readonly answers: number;
  /** Bytes of all bodies, as held. */
  readonly bytes: number;
  /** Bytes of the bodies that are not compressed. */
  readonly plainBytes: number;
  /** Answers whose rows are parsed. */
  readonly parsed: number;
  /** Bytes of their bodies. */
  readonly parsedBytes: number;
  /** Answers dropped for room since the start. */
  readonly evicted: number;
  /** Answers dropped because every row had expired. */
  readonly expired: number;
  readonly compressed: number;
  /** Times that rows were parsed again. */
  readonly reparsed: number;
}

interface Entry {
  readonly digest: string;
  readonly partner: ConfiguredPartner;
  readonly context: AnswerContext;
  readonly kind: AnswerKind;
  readonly contentType: string | undefined;
  readonly length: number;
  readonly expiresAt: number;
  readonly asked: (() => ToldRequest) | undefined;
  stored: Buffer;
  compressed: boolean;
  rows: readonly unknown[] | undefined;
  parsedUntil: number;
  reading: Promise<readonly unknown[]> | undefined;
}

/** As `digestOf` makes them. */
const DIGEST = /^[\w-]{22}$/;
/** Below this a thread costs more than the work, which takes less than 0.5 ms. */
const SYNC_BYTES = 1_048_576;
/** Below this there is nothing to gain. */
const LEAST_COMPRESSED_BYTES = 2_048;
/** Compressing holds up other work no longer than this at a time. */
const SLICE_MS = 2;
/** Below this zstd's fast level -7 takes half the time of level 1; above it both take as long and level 1 packs tighter. */
const SMALL_BYTES = 131_072;
const compressAsync = promisify(zstdCompress);
const decompressAsync = promisify(zstdDecompress);
const log = logger('supply.answers');

/**
 * Partners' answers for as long as their rows live: parsed at first, then as they came, then compressed, always under
 * budgets. What is not held any more is undefined, never a guess.
 */
export class AnswerStore {
  readonly #options: Required<AnswerStoreOptions>;
  readonly #shared: SharedAnswers | undefined;
  /** Answers of other replicas that are being read. */
  readonly #restoring = new Map<string, Promise<HeldRows | undefined>>();
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  /** With parsed rows, least recently used first. */
  readonly #parsed = new Set<Entry>();
  /** Not compressed, oldest first. */
  readonly #plain = new Set<Entry>();
  #bytes = 0;
  #plainBytes = 0;
  #parsedBytes = 0;
  #evicted = 0;
  #expired = 0;
  #compressed = 0;
  #reparsed = 0;
  #timer: NodeJS.Timeout | undefined;
  #compressing = false;
  #nextExpiry = 0;
  #closed = false;

  /** @param shared where answers are held for other replicas too, and found that others got */
  constructor(options: AnswerStoreOptions = {}, shared?: SharedAnswers) {
    this.#shared = shared;
    const budgetBytes = options.budgetBytes ?? 268_435_456;
    this.#options = {
      budgetBytes,
      plainBytes: options.plainBytes ?? budgetBytes / 8,
      parsedForMs: options.parsedForMs ?? 3_000,
      parsedBytes: options.parsedBytes ?? 16_777_216,
    };
  }

  /** Holds an answer and returns its digest. */
  hold(answer: Answer): string {
    const digest = digestOf(answer);
    if (this.#closed || answer.expiresAt <= Date.now()) return digest;
    const entry = this.#admit(digest, answer);
    this.#keepParsed(entry, answer.rows);
    this.#evict();
    this.#shared?.write(digest, answer);
    return digest;
  }

  #admit(digest: string, answer: RestoredAnswer): Entry {
    const old = this.#entries.get(digest);
    if (old !== undefined) this.#drop(old);
    const entry: Entry = {
      digest,
      partner: answer.partner,
      context: answer.context,
      kind: answer.kind,
      contentType: answer.contentType,
      length: answer.body.length,
      expiresAt: answer.expiresAt,
      asked: answer.asked,
      stored: answer.body,
      compressed: false,
      rows: undefined,
      parsedUntil: 0,
      reading: undefined,
    };
    this.#entries.set(digest, entry);
    this.#bytes += entry.length;
    this.#plain.add(entry);
    this.#plainBytes += entry.length;
    this.#arm(this.#options.parsedForMs);
    return entry;
  }

  /** When an answer is where other replicas find it; false where they will not. */
  async written(digest: string): Promise<boolean> {
    return this.#shared?.written(digest) ?? false;
  }

  /** When no answer is on its way to where other replicas find it. */
  async settled(): Promise<void> {
    await this.#shared?.settled();
  }

  /** The rows of an answer, parsed again if need be; undefined when it is no longer held, or of another manifest. */
  rows(digest: string, manifest: string): HeldRows | undefined | Promise<HeldRows | undefined> {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return this.#elsewhere(digest, manifest);
    if (entry.partner.manifest.digest !== manifest) return undefined;
    if (entry.expiresAt <= Date.now()) {
      this.#drop(entry);
      this.#expired++;
      return undefined;
    }
    this.#entries.delete(digest);
    this.#entries.set(digest, entry);
    if (entry.rows !== undefined) {
      const { rows } = entry;
      this.#keepParsed(entry, rows);
      return { partner: entry.partner, context: entry.context, rows };
    }
    return this.#readAgain(entry);
  }

  /** An answer as it came, to be told of; undefined when it is no longer held, or of another manifest. */
  async original(digest: string, manifest: string): Promise<OriginalAnswer | undefined> {
    const entry = this.#entries.get(digest);
    if (entry === undefined || entry.partner.manifest.digest !== manifest) return undefined;
    return { asked: entry.asked, body: await bodyOf(entry) };
  }

  /**
   * The search that the answers came in is over: their parsed rows go. Rows that outlive their search grow old in the heap,
   * which costs every search an eighth of its time; few are ever asked for again, and those are parsed again.
   */
  release(digests: readonly string[]): void {
    for (const digest of digests) {
      const entry = this.#entries.get(digest);
      if (entry !== undefined) this.#forgetRows(entry);
    }
  }

  stats(): AnswerStats {
    return {
      answers: this.#entries.size,
      bytes: this.#bytes,
      plainBytes: this.#plainBytes,
      parsed: this.#parsed.size,
      parsedBytes: this.#parsedBytes,
      evicted: this.#evicted,
      expired: this.#expired,
      compressed: this.#compressed,
      reparsed: this.#reparsed,
    };
  }

  /** Lets go of everything. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const entry of [...this.#entries.values()]) this.#drop(entry);
  }

  /** The rows of an answer that another replica got, or that had to go from here. */
  #elsewhere(digest: string, manifest: string): undefined | Promise<HeldRows | undefined> {
    if (this.#shared === undefined || this.#closed || !DIGEST.test(digest)) return undefined;
    const key = `${digest} ${manifest}`;
    let restoring = this.#restoring.get(key);
    if (restoring === undefined) {
      restoring = this.#restore(this.#shared, digest, manifest).finally(() => this.#restoring.delete(key));
      this.#restoring.set(key, restoring);
    }
    return restoring;
  }

  async #restore(shared: SharedAnswers, digest: string, manifest: string): Promise<HeldRows | undefined> {
    const answer = await shared.read(digest, manifest);
    if (answer === undefined || this.#closed || answer.expiresAt <= Date.now()) return undefined;
    const entry = this.#entries.get(digest) ?? this.#admit(digest, answer);
    this.#evict();
    return this.#readAgain(entry);
  }

  async #readAgain(entry: Entry): Promise<HeldRows | undefined> {
    entry.reading ??= this.#read(entry).finally(() => {
      entry.reading = undefined;
    });
    try {
      return { partner: entry.partner, context: entry.context, rows: await entry.reading };
    } catch (error) {
      // It could be read when it came: a defect of the adapter, and for the caller the same as an answer that is gone.
      log.error({ err: error, partner: entry.partner.name, answer: entry.digest }, 'held answer cannot be read again');
      return undefined;
    }
  }

  async #read(entry: Entry): Promise<readonly unknown[]> {
    const body = await bodyOf(entry);
    const parsed = parseBody(body, entry.contentType, entry.partner.manifest.format);
    const rows = readRows(entry, parsed);
    this.#reparsed++;
    if (this.#entries.get(entry.digest) === entry) this.#keepParsed(entry, rows);
    return rows;
  }

  #keepParsed(entry: Entry, rows: readonly unknown[]): void {
    if (this.#parsed.delete(entry)) this.#parsedBytes -= entry.length;
    entry.rows = rows;
    entry.parsedUntil = Date.now() + this.#options.parsedForMs;
    this.#parsed.add(entry);
    this.#parsedBytes += entry.length;
    for (const oldest of this.#parsed) {
      if (this.#parsedBytes <= this.#options.parsedBytes || oldest === entry) break;
      this.#forgetRows(oldest);
    }
  }

  #forgetRows(entry: Entry): void {
    if (!this.#parsed.delete(entry)) return;
    entry.rows = undefined;
    this.#parsedBytes -= entry.length;
  }

  #drop(entry: Entry): void {
    this.#forgetRows(entry);
    if (this.#plain.delete(entry)) this.#plainBytes -= entry.length;
    if (this.#entries.delete(entry.digest)) this.#bytes -= entry.stored.length;
  }

  #evict(): void {
    for (const entry of this.#entries.values()) {
      if (this.#bytes <= this.#options.budgetBytes) return;
      this.#drop(entry);
      this.#evicted++;
    }
  }

  #arm(ms: number): void {
    if (this.#timer !== undefined || this.#entries.size === 0 || this.#closed) return;
    this.#timer = setTimeout(this.#tend, ms);
    this.#timer.unref();
  }

  readonly #tend = (): void => {
    this.#timer = undefined;
    const now = Date.now();
    for (const entry of this.#parsed) {
      if (entry.parsedUntil > now) break;
      this.#forgetRows(entry);
    }
    if (now >= this.#nextExpiry) {
      this.#nextExpiry = now + 1_000;
      for (const entry of this.#entries.values()) {
        if (entry.expiresAt > now) continue;
        this.#drop(entry);
        this.#expired++;
      }
    }
    const unfinished = this.#compressOldest();
    this.#arm(unfinished ? 10 : Math.min(1_000, this.#options.parsedForMs));
  };

  /** Compresses the oldest plain bodies until they fit; answers whether some are left for the next slice. */
  #compressOldest(): boolean {
    const stop = performance.now() + SLICE_MS;
    for (const entry of this.#plain) {
      if (this.#plainBytes <= this.#options.plainBytes || this.#compressing) return false;
      // Parsed means used a moment ago; with the younger ones behind it, it is next time's work.
      if (entry.rows !== undefined) return false;
      if (performance.now() > stop) return true;
      if (entry.length >= SYNC_BYTES) {
        void this.#compressApart(entry);
        return true;
      }
      this.#replace(
        entry,
        entry.length < LEAST_COMPRESSED_BYTES ? entry.stored : alone(zstdCompressSync(entry.stored, zstd(entry))),
      );
    }
    return false;
  }

  async #compressApart(entry: Entry): Promise<void> {
    this.#compressing = true;
    try {
      this.#replace(entry, alone(await compressAsync(entry.stored, zstd(entry))));
    } finally {
      this.#compressing = false;
    }
  }

  #replace(entry: Entry, bytes: Buffer): void {
    // Gone while it was being compressed.
    if (!this.#plain.delete(entry)) return;
    this.#plainBytes -= entry.length;
    this.#compressed++;
    if (bytes.length >= entry.length) return;
    this.#bytes += bytes.length - entry.length;
    entry.stored = bytes;
    entry.compressed = true;
  }
}

function zstd({ length }: Entry) {
  const level = length < SMALL_BYTES ? -7 : 1;
  // Mostly one chunk is enough, and the smaller it is the sooner it is there.
  const chunkSize = Math.max(1_024, length >> 2);
  return { params: { [constants.ZSTD_c_compressionLevel]: level }, pledgedSrcSize: length, chunkSize };
}

/** The bytes in memory of their own: in the one that Node gave them, a few kilobytes would hold on to 64, which nobody counts. */
function alone(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}

function bodyOf(entry: Entry): Buffer | Promise<Buffer> {
  return entry.compressed ? decompress(entry) : entry.stored;
}

async function decompress(entry: Entry): Promise<Buffer> {
  const options = { chunkSize: Math.max(64, entry.length), maxOutputLength: entry.length };
  return entry.length < SYNC_BYTES ? zstdDecompressSync(entry.stored, options) : decompressAsync(entry.stored, options);
}

function readRows(entry: Entry, body: unknown): readonly unknown[] {
  const { adapter } = entry.partner;
  if (entry.kind === 'verified') return [adapter.rowOfVerified(body, entry.context)];
  const result = adapter.read(body, entry.context);
  if ('failure' in result) throw new Error(result.detail);
  return result.rows;
}
