// What a client is told on a socket, as text frames.
import type { EntrepotError } from '../../../../libs/errors/index.ts';
import { madeOnce } from '../../api/made-once.ts';
import { type ProblemOrigin, problemOf } from '../../rest/problem.ts';
import { jsonOf, type StreamEvent } from '../event.ts';

/** The part of an event's message that is the same for all who are told it; the id of each comes before. */
const eventTail = madeOnce((event: StreamEvent) =>
  Buffer.concat([Buffer.from(`"${event.name}":`), jsonOf(event), Buffer.from('}')]),
);

/** `{"id": …, "update": {…}}`, in two parts of which the second is shared. */
export function eventParts(id: string, event: StreamEvent): readonly [string, Buffer] {
  return [`{"id":${JSON.stringify(id)},`, eventTail(event)];
}

/** `{"id": …, "result": {…}}`. @param result the method's response as JSON */
export function resultText(id: string, result: unknown): string {
  return `{"id":${JSON.stringify(id)},"result":${JSON.stringify(result)}}`;
}

/** `{"id": …, "end": {}}`. */
export function endText(id: string): string {
  return `{"id":${JSON.stringify(id)},"end":{}}`;
}

/** `{"id": …, "problem": {…}}`; without the id where it is about no operation. */
export function problemText(id: string | undefined, error: EntrepotError, origin: ProblemOrigin): string {
  return JSON.stringify({ ...(id !== undefined && { id }), problem: problemOf(error, origin) });
}

/** `{"ready": {…}}`. */
export function readyText(client: string, heartbeatMs: number): string {
  return JSON.stringify({ ready: { client, heartbeatMs } });
}
