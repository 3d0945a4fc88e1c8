import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { PricingSample } from '../../libs/contracts/gen/entrepot/query/v1/pricing_sample.ts';

/** Files of pricing samples: messages one after the other, each with its length before it. */

const SUFFIX = '.samples';
/** Of so many files of one size the room consists. */
const FILES = 8;
/** A length is a varint of at most so many bytes. */
const MOST_LENGTH_BYTES = 5;

/** Where samples are kept, and how much of them. */
export interface SampleRoom {
  readonly directory: string;
  /** Bytes of all files together; the oldest files go first. */
  readonly bytes: number;
}

/**
 * Appends samples to files of a directory. Every process and every start begins a file of its own, so that nothing follows a record
 * that a kill has torn. To be called by one at a time.
 */
export class SampleWriter {
  readonly #name = `${String(Date.now()).padStart(14, '0')}-${process.pid}-${randomBytes(4).toString('hex')}`;
  #file: { readonly handle: FileHandle; readonly directory: string; bytes: number } | undefined;
  #files = 0;

  /**
   * Appends one sample.
   * @returns false where it is too large for the room
   * @throws what the file system says
   */
  async append(sample: PricingSample, room: SampleRoom): Promise<boolean> {
    const most = room.bytes / FILES;
    const message = PricingSample.encode(sample).finish();
    const record = Buffer.concat([new BinaryWriter().uint32(message.length).finish(), message]);
    if (record.length > most) return false;
    const file = this.#file;
    if (file === undefined || file.directory !== room.directory || file.bytes + record.length > most) {
      await this.#next(room, most);
    }
    const { handle } = this.#file!;
    this.#file!.bytes += record.length;
    for (let at = 0; at < record.length; ) at += (await handle.write(record, at)).bytesWritten;
    return true;
  }

  /** Closes the file. */
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close();
  }

  async #next({ directory, bytes }: SampleRoom, most: number): Promise<void> {
    await this.close();
    await mkdir(directory, { recursive: true });
    await makeRoom(directory, bytes - most);
    const number = String(this.#files++).padStart(4, '0');
    const handle = await open(path.join(directory, `${this.#name}-${number}${SUFFIX}`), 'a');
    this.#file = { handle, directory, bytes: 0 };
  }
}

/** Removes the oldest files until no more than so many bytes are left. */
async function makeRoom(directory: string, bytes: number): Promise<void> {
  const files = await Promise.all(
    (await sampleFiles(directory)).map(async (file) => ({ file, size: await sizeOf(file) })),
  );
  let total = files.reduce((sum, { size }) => sum + size, 0);
  for (const { file, size } of files) {
    if (total <= bytes) return;
    await rm(file, { force: true });
    total -= size;
  }
}

/** 0 for one that another process has removed meanwhile. */
async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch {
    return 0;
  }
}

/** The files of a directory, oldest first: their names begin with when they were begun. */
async function sampleFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  return names
    .filter((name) => name.endsWith(SUFFIX))
    .sort()
    .map((name) => path.join(directory, name));
}

/** A file that could be read only in part. */
export interface TornFile {
  readonly file: string;
  /** Bytes behind the last whole record. */
  readonly bytes: number;
}

/**
 * Reads the samples of a directory, oldest file first. What a kill has torn at a file's end is left out.
 *
 * @param torn told of what is left out
 * @throws what the file system says, of a directory that is not there
 */
export async function* readPricingSamples(
  directory: string,
  torn: (file: TornFile) => void = () => {},
): AsyncGenerator<PricingSample> {
  for (const file of await sampleFiles(directory)) {
    const bytes = await readFile(file);
    let at = 0;
    while (at < bytes.length) {
      const read = recordAt(bytes, at);
      if (read === undefined) {
        torn({ file, bytes: bytes.length - at });
        break;
      }
      yield read.sample;
      at = read.end;
    }
  }
}

function recordAt(bytes: Buffer, at: number): { readonly sample: PricingSample; readonly end: number } | undefined {
  try {
    const reader = new BinaryReader(bytes.subarray(at, at + MOST_LENGTH_BYTES));
    const length = reader.uint32();
    const start = at + reader.pos;
    const end = start + length;
    if (end > bytes.length || length === 0) return undefined;
    return { sample: PricingSample.decode(bytes.subarray(start, end)), end };
  } catch {
    return undefined;
  }
}
