// One stream of updates, written as server-sent events or as NDJSON. The formats differ in framing alone.
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { SearchUpdate } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { EntrepotError } from '../../../libs/errors/index.ts';
import type { Protocol } from '../api/caller.ts';
import { madeOnce } from '../api/made-once.ts';
import { problemOf } from '../rest/problem.ts';

/** How a stream is framed. */
export interface StreamFormat {
  readonly protocol: Protocol;
  readonly contentType: string;
  /** One update; its cursor is what the client resumes with. Readers who are told the same share the bytes. */
  readonly update: (update: SearchUpdate) => Buffer;
  /** What went wrong, as the last thing of the stream. Carries no cursor, so that a client resumes behind the last data. */
  problem(error: EntrepotError): string;
  /** Nothing more will come. A client that is told does not reconnect. */
  readonly end: string;
  /** Keeps proxies from cutting a quiet stream; empty where the format has no comments. */
  readonly heartbeat: string;
}

/** `text/event-stream`: events update, problem and end; the cursor is the event id. */
export const eventStream: StreamFormat = {
  protocol: 'sse',
  contentType: 'text/event-stream; charset=utf-8',
  update: madeOnce((update) =>
    Buffer.from(`id: ${update.cursor}\nevent: update\ndata: ${JSON.stringify(SearchUpdate.toJSON(update))}\n\n`),
  ),
  problem: (error) => `event: problem\ndata: ${JSON.stringify(problemOf(error))}\n\n`,
  end: 'event: end\ndata: {}\n\n',
  heartbeat: ': still here\n\n',
};

/** `application/x-ndjson`: one object a line, {"update": …}, {"problem": …} or {"end": {}}. */
export const newlineJson: StreamFormat = {
  protocol: 'ndjson',
  contentType: 'application/x-ndjson; charset=utf-8',
  update: madeOnce((update) => Buffer.from(`{"update":${JSON.stringify(SearchUpdate.toJSON(update))}}\n`)),
  problem: (error) => `{"problem":${JSON.stringify(problemOf(error))}}\n`,
  end: '{"end":{}}\n',
  heartbeat: '\n',
};

/** The stream format that the client accepts best, or undefined for one JSON document. */
export function streamFormatOf(request: { readonly headers: IncomingHttpHeaders }): StreamFormat | undefined {
  const accept = request.headers.accept ?? '';
  const stream = accept.indexOf('text/event-stream');
  const lines = accept.indexOf('application/x-ndjson');
  if (stream < 0 && lines < 0) return undefined;
  return lines < 0 || (stream >= 0 && stream < lines) ? eventStream : newlineJson;
}

/** Milliseconds of silence after which a heartbeat is sent. */
const heartbeatMs = 15_000;

/**
 * Writes updates until they end, pausing while the client reads slower than they come: the updates then wait in query,
 * which merges them.
 *
 * @param response its head already sent
 * @param updates the updates, the first one already taken from the iterator
 * @param asError turns what the iterator throws into a typed error
 * @param gone aborted when the client went away; ends quietly
 */
export async function writeUpdates(
  response: ServerResponse,
  format: StreamFormat,
  first: SearchUpdate,
  updates: AsyncIterator<SearchUpdate>,
  asError: (error: unknown) => EntrepotError,
  gone: AbortSignal,
): Promise<void> {
  const heartbeat = setInterval(() => response.write(format.heartbeat), heartbeatMs);
  try {
    await write(response, format.update(first), gone);
    for (let next = await updates.next(); next.done !== true; next = await updates.next()) {
      await write(response, format.update(next.value), gone);
    }
    response.end(format.end);
  } catch (error) {
    if (!gone.aborted) response.end(format.problem(asError(error)));
  } finally {
    clearInterval(heartbeat);
    await updates.return?.();
  }
}

/** Writes and, when the client's buffer is full, waits until it has read or gone. */
async function write(response: ServerResponse, chunk: Buffer, gone: AbortSignal): Promise<void> {
  if (gone.aborted) throw gone.reason;
  if (response.write(chunk)) return;
  await new Promise<void>((resolve, reject) => {
    const settle = (): void => {
      response.off('drain', settle);
      gone.removeEventListener('abort', settle);
      if (gone.aborted) reject(gone.reason);
      else resolve();
    };
    response.once('drain', settle);
    gone.addEventListener('abort', settle, { once: true });
  });
}
