// One call over HTTP: its address, its headers, its answer or its problem, and again where that does no harm.
import { bindings } from './gen/methods.ts';
import type { Settings, Surroundings } from './options.ts';
import { EntrepotProblem, problemOf, unreachable } from './problem.ts';
import { type Deadline, delayBefore, mayTryAgain } from './timing.ts';

/** The name of a public method. */
export type MethodName = keyof typeof bindings;

/** What is asked of a method. */
export interface Asked {
  readonly method: MethodName;
  readonly request: object;
  /** What the answer is to be: "application/json", or the name of a stream's format. */
  readonly accept: string;
}

/** Sends requests to one edge. */
export class Transport {
  readonly settings: Settings;
  readonly surroundings: Surroundings;

  constructor(settings: Settings, surroundings: Surroundings) {
    this.settings = settings;
    this.surroundings = surroundings;
  }

  /**
   * The answer's body as JSON. A call that may be made again is made again, within its deadline.
   * @throws EntrepotProblem, or the signal's reason
   */
  async json(asked: Asked, deadline: Deadline): Promise<unknown> {
    const safe = isSafe(asked.method);
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.send(asked, deadline);
        return await response.json().catch((error: unknown) => {
          throw lostBy(error, deadline);
        });
      } catch (error) {
        if (!(error instanceof EntrepotProblem) || attempt > this.settings.retries) throw error;
        if (!mayTryAgain(error, safe)) throw error;
        const delayMs = this.delayBefore(attempt, error);
        if (deadline.isOverIn(delayMs)) throw error;
        await deadline.wait(delayMs);
      }
    }
  }

  /** Until the next attempt after a problem, in milliseconds. */
  delayBefore(attempt: number, { retryAfterMs }: EntrepotProblem): number {
    return delayBefore(attempt, retryAfterMs, this.settings, this.surroundings.random());
  }

  /**
   * Sends once, and returns when the answer's head is there.
   * @throws EntrepotProblem for an answer that is none, or the signal's reason
   */
  async send({ method, request, accept }: Asked, deadline: Deadline): Promise<Response> {
    const { url, key, headers, fetch } = this.settings;
    const { verb, path, body } = placed(method, request);
    const credentials = typeof key === 'function' ? await key() : key;
    const left = deadline.leftMs;
    const response = await fetch(url + path, {
      method: verb,
      headers: {
        accept,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(credentials !== undefined && credentials !== '' && { authorization: `Bearer ${credentials}` }),
        ...(left !== undefined && { 'entrepot-timeout-ms': String(left) }),
        ...headers,
      },
      ...(body !== undefined && { body }),
      signal: deadline.signal,
    }).catch((error: unknown) => {
      throw lostBy(error, deadline);
    });
    if (response.ok) return response;
    throw await problemOf(response);
  }
}

/** A connection that failed; or why it was given up. */
export function lostBy(error: unknown, { signal }: Deadline): unknown {
  return signal.aborted ? signal.reason : unreachable('The edge could not be reached, or broke off.', error);
}

/** Calling it changes nothing. A search changes nothing either: it is a POST for the size of what it asks. */
function isSafe(method: MethodName): boolean {
  return method === 'Search' || bindings[method].startsWith('GET');
}

/** A request as its method's HTTP binding places it: in the path, in the query, or in the body. */
export function placed(
  method: MethodName,
  request: object,
): { readonly verb: string; readonly path: string; readonly body: string | undefined } {
  const [verb = '', template = ''] = bindings[method].split(' ');
  const rest: Record<string, unknown> = { ...request };
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name];
    if (typeof value !== 'string' || value === '') throw new TypeError(`${method} has to name its ${name}.`);
    delete rest[name];
    return encodeURIComponent(value);
  });
  if (verb === 'GET') return { verb, path: path + queryOf(rest), body: undefined };
  // A read mask is one text in JSON.
  if (Array.isArray(rest.readMask)) rest.readMask = rest.readMask.join();
  return { verb, path, body: JSON.stringify(rest) };
}

/** Fields as query parameters: a list with commas, a message's fields by their path ("options.pageSize"). */
function queryOf(fields: object): string {
  const parameters: [string, string][] = [];
  const add = (of: object, above: string): void => {
    for (const [name, value] of Object.entries(of)) {
      if (value === undefined || value === null) continue;
      if (typeof value === 'object' && !Array.isArray(value)) add(value as object, `${above}${name}.`);
      else parameters.push([above + name, String(value)]);
    }
  };
  add(fields, '');
  return parameters.length === 0 ? '' : `?${new URLSearchParams(parameters)}`;
}
