// A search's updates as they come, over as many connections as that takes: a lost one is taken up again behind the last update.
import type { SearchRequest, SearchUpdate, WatchSearchRequest } from './gen/types.ts';
import { linesOf } from './lines.ts';
import type { Lost, StreamOptions } from './options.ts';
import { EntrepotProblem, type Problem, unreachable } from './problem.ts';
import { Deadline, mayTryAgain } from './timing.ts';
import { type Asked, lostBy, type Transport } from './transport.ts';

/** What happens to a stream: updates that arrived together, or that its connection was lost. */
export type Happening = { readonly updates: readonly SearchUpdate[] } | { readonly lost: Lost };

/** A line of the stream. */
interface Line {
  readonly update?: SearchUpdate;
  readonly problem?: Problem;
  readonly end?: object;
}

const ndjson = 'application/x-ndjson';

/** Follows a search that is held, by the request, or begins one. */
export function isWatch(request: SearchRequest | WatchSearchRequest): request is WatchSearchRequest {
  return 'searchId' in request;
}

/**
 * Everything that happens to a stream until it ends: by itself, by its deadline once the search is complete, by ending the
 * iteration, or by what it throws.
 * @throws EntrepotProblem, or the signal's reason
 */
export async function* follow(
  transport: Transport,
  request: SearchRequest | WatchSearchRequest,
  options: StreamOptions,
): AsyncGenerator<Happening, void> {
  const { settings, surroundings } = transport;
  const timeoutMs = options.timeoutMs ?? (isWatch(request) ? undefined : settings.timeoutMs);
  const deadline = new Deadline(surroundings, timeoutMs, options.signal);
  let asked: Asked = { method: isWatch(request) ? 'WatchSearch' : 'Search', request, accept: ndjson };
  let complete = false;
  let attempt = 0;
  let isLost = false;
  try {
    for (;;) {
      const openedAt = surroundings.now();
      try {
        for await (const lines of connection(transport, asked, deadline)) {
          const updates = lines.flatMap(({ update }) => update ?? []);
          const last = updates.at(-1);
          if (last !== undefined) {
            attempt = 0;
            isLost = false;
            complete ||= updates.some((update) => update.complete === true);
            asked = resumed(asked, last);
            yield { updates };
          }
          for (const { problem, end } of lines) {
            if (problem !== undefined) throw new EntrepotProblem(problem);
            if (end !== undefined) return;
          }
        }
        // A stream that has no more to say is answered with nothing: all had arrived.
        if (isLost) yield { updates: [] };
        return;
      } catch (error) {
        if (complete && isOver(error) && !options.signal?.aborted) {
          if (isLost) yield { updates: [] };
          return;
        }
        if (!(error instanceof EntrepotProblem)) throw error;
        // Where the caller sets no end, the edge's own is none either.
        if (!mayTryAgain(error, true) && !(timeoutMs === undefined && isOver(error))) throw error;
        // One that stood for long and was quiet is not one that cannot be made.
        if (surroundings.now() - openedAt > settings.maxDelayMs) attempt = 0;
        attempt++;
        const delayMs = transport.delayBefore(attempt, error);
        const inTime = !deadline.isOverIn(delayMs);
        if (complete && !inTime) return;
        if (attempt > settings.reconnects || !inTime) throw error;
        const lost = { attempt, delayMs, cause: error };
        options.onReconnect?.(lost);
        isLost = true;
        yield { lost };
        await deadline.wait(delayMs);
      }
    }
  } finally {
    deadline.close();
  }
}

/** The lines of one connection, those that came together together. @throws where it breaks off before its end */
async function* connection(
  transport: Transport,
  asked: Asked,
  deadline: Deadline,
): AsyncGenerator<readonly Line[], void> {
  const response = await transport.send(asked, deadline);
  if (response.status === 204 || response.body === null) return;
  const reader = response.body.getReader();
  const { silenceMs } = transport.settings;
  let silent = false;
  // Silence is counted while something is waited for: who reads slowly does not lose its connection by that.
  const read = (): ReturnType<typeof reader.read> => {
    const forget = transport.surroundings.after(silenceMs, () => {
      silent = true;
      reader.cancel().catch(() => {});
    });
    return reader.read().finally(forget);
  };
  try {
    for await (const texts of linesOf(read)) {
      const lines = texts.map((text) => JSON.parse(text) as Line);
      yield lines;
      if (lines.some(({ end }) => end !== undefined)) return;
    }
  } catch (error) {
    throw lostBy(error, deadline);
  } finally {
    reader.cancel().catch(() => {});
  }
  throw unreachable(silent ? `Nothing came for ${silenceMs} ms.` : 'The stream broke off before its end.');
}

/** Goes on behind an update; by the same look, if it had one of its own. */
function resumed({ method, request, accept }: Asked, { searchId = '', cursor = '' }: SearchUpdate): Asked {
  const look = method === 'WatchSearch' ? request : {};
  return { method: 'WatchSearch', request: { ...look, searchId, cursor }, accept };
}

function isOver(error: unknown): boolean {
  return error instanceof EntrepotProblem && error.reason === 'DEADLINE_EXCEEDED';
}
