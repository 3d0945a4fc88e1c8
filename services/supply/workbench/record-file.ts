import { isUtf8 } from 'node:buffer';
import { invalidField } from '../../../libs/errors/index.ts';
import { PartnerFailure } from '../failure.ts';
import { download } from '../feeds/download.ts';
import { rowsOfFile } from '../feeds/rows.ts';
import type { HttpAnswer } from '../http.ts';
import type { FeedFormat } from '../inventory/types.ts';
import { nothingAsked } from '../kit/indexing.ts';
import type { ConfiguredPartner } from '../partner.ts';
import type { CassetteExchange } from './cassette.ts';
import { putTogether, takenApart } from './feed-file.ts';
import type { Redactor } from './redact.ts';

/** Largest file that is recorded, decompressed: it is held as a whole. */
const MOST_BYTES = 67_108_864;
/** Rows that a recording keeps besides those that the search found. */
const FIRST_ROWS = 20;

/** A partner's file as it is now: an answer as cassettes have it, whatever its status. Throws PartnerFailure where there is none. */
export async function fetchedFile(partner: ConfiguredPartner, feed: FeedFormat): Promise<HttpAnswer> {
  const { path, headers } = feed.request(nothingAsked(partner.account));
  try {
    const file = await download({
      url: partner.origin + partner.basePath + path,
      headers,
      maxBytes: MOST_BYTES,
      signal: AbortSignal.timeout(feed.timeoutMinutes * 60_000),
    });
    try {
      const { contentType, etag, lastModified } = file;
      const body = Buffer.concat(await Array.fromAsync(file.pieces));
      return {
        status: 200,
        headers: {
          ...(contentType !== undefined && { 'content-type': contentType }),
          ...(etag !== undefined && { etag }),
          ...(lastModified !== undefined && { 'last-modified': lastModified }),
        },
        body,
      };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!(error instanceof PartnerFailure) || error.httpStatus === undefined) throw error;
    const { httpStatus, retryAfterMs } = error;
    const headers = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) };
    return { status: httpStatus, headers, body: Buffer.alloc(0) };
  }
}

/** A file with the rows that a search found and its first ones, which is as much of it as a case needs. Throws EntrepotError. */
export async function shortened(
  file: HttpAnswer,
  partner: ConfiguredPartner,
  feed: FeedFormat,
  found: ReadonlySet<string>,
): Promise<HttpAnswer> {
  const parts = takenApart(file.body, feed);
  const index = partner.adapter.inventory!.indexer(partner.account);
  const contentType = file.headers['content-type'];
  const rows: unknown[] = [];
  const settings = { ...feed, contentType: contentType === undefined ? undefined : String(contentType) };
  for await (const batch of rowsOfFile(pieces(file.body), settings)) rows.push(...batch.rows);
  // Rows that cannot be read would shift the others: then the first ones have to do.
  const aligned = rows.length === parts.rows.length;
  const kept = parts.rows.filter((_, at) => at < FIRST_ROWS || (aligned && found.has(index(rows[at])?.key ?? '')));
  return { ...file, body: putTogether({ ...parts, rows: kept }) };
}

async function* pieces(file: Buffer): AsyncGenerator<Buffer> {
  yield file;
}

/** A file as a cassette has it, redacted. Throws EntrepotError for one that is no text. */
export function recordedFile({ status, headers, body }: HttpAnswer, redactor: Redactor): CassetteExchange['answer'] {
  if (!isUtf8(body))
    throw invalidField(
      'file',
      'it is no text in UTF-8, so what is personal in it would stay; write a cassette by hand',
    );
  return {
    status,
    headers: redactor.headers(headers as Record<string, string>),
    body: redactor.body(body.toString('utf8')),
  };
}
