// One stream, written as server-sent events or as NDJSON. The formats differ in framing alone.
import type { IncomingHttpHeaders } from 'node:http';
import type { Protocol } from '../api/caller.ts';
import { madeOnce } from '../api/made-once.ts';
import type { Problem } from '../rest/problem.ts';
import { jsonOf, type StreamEvent } from './event.ts';

/** How a stream is framed. */
export interface StreamFormat {
  readonly protocol: Protocol;
  readonly contentType: string;
  /** Before everything else. @param reconnectMs what a client is to wait that connects again by itself */
  opening(reconnectMs: number): string;
  /** One message; its cursor is what the client resumes with. Readers who are told the same share the bytes. */
  readonly event: (event: StreamEvent) => Buffer;
  /** What went wrong, as the last thing of the stream. Carries no cursor, so that a client resumes behind the last data. */
  problem(problem: Problem): string;
  /** The stream goes on elsewhere: after this the connection is closed. */
  elsewhere(problem: Problem): string;
  /** Nothing more will come. A client that is told does not reconnect. */
  readonly end: string;
  /** Keeps proxies from cutting a quiet stream. */
  readonly heartbeat: string;
}

/** Server-sent events, by what stands as the id of one. */
function eventStreamWith(idOf: (event: StreamEvent) => string): StreamFormat {
  return {
    protocol: 'sse',
    contentType: 'text/event-stream; charset=utf-8',
    opening: (reconnectMs) => `retry: ${reconnectMs}\n\n`,
    event: madeOnce((event) => {
      const id = event.cursor === undefined ? '' : `id: ${idOf(event)}\n`;
      return Buffer.concat([Buffer.from(`${id}event: ${event.name}\ndata: `), jsonOf(event), Buffer.from('\n\n')]);
    }),
    problem: (problem) => `event: problem\ndata: ${JSON.stringify(problem)}\n\n`,
    // An EventSource comes back by itself with the last id when it was merely cut; an event would look like a failure.
    elsewhere: ({ retryAfterMs = 0 }) => `: this edge stops, another one goes on\nretry: ${retryAfterMs}\n\n`,
    end: 'event: end\ndata: {}\n\n',
    heartbeat: ': still here\n\n',
  };
}

/** `text/event-stream`: events update, problem and end; the cursor is the event id. */
export const eventStream: StreamFormat = eventStreamWith(({ cursor }) => cursor ?? '');

/** Stands in no id of a search. */
const afterSearch = ':';

/**
 * `text/event-stream` of a search that its own address begins: what an EventSource brings along when it comes back has to name
 * the search too. {@link resumeOf} reads it.
 */
export const searchEventStream: StreamFormat = eventStreamWith(({ content, cursor }) => {
  const { searchId } = content as { readonly searchId?: string };
  return `${searchId}${afterSearch}${cursor}`;
});

/** The search and the cursor that an id of {@link searchEventStream} names; undefined for a text that is none. */
export function resumeOf(id: string): { readonly searchId: string; readonly cursor: string } | undefined {
  const at = id.indexOf(afterSearch);
  return at < 1 ? undefined : { searchId: id.slice(0, at), cursor: id.slice(at + 1) };
}

/** `application/x-ndjson`: one object a line, {"update": …}, {"problem": …} or {"end": {}}. */
export const newlineJson: StreamFormat = {
  protocol: 'ndjson',
  contentType: 'application/x-ndjson; charset=utf-8',
  opening: () => '',
  event: madeOnce((event) => Buffer.concat([Buffer.from(`{"${event.name}":`), jsonOf(event), Buffer.from('}\n')])),
  problem: (problem) => `{"problem":${JSON.stringify(problem)}}\n`,
  elsewhere: (problem) => newlineJson.problem(problem),
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
