// A client of a search at the edge, in each framing, that applies updates as the contract says and resumes where it is cut off.
import { WebSocket } from 'ws';
import { SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';

/** How updates come. */
export type Framing = 'sse' | 'ndjson' | 'websocket';

/** How a stream went over: "end" was said, or it was cut, or told to go on elsewhere. */
export type Ending = 'end' | 'cut' | 'problem';

/** What one message of a stream says. */
interface Said {
  readonly id?: string;
  readonly update?: unknown;
  readonly problem?: { readonly reason: string };
  readonly end?: unknown;
}

/** Follows one search. */
export class EdgeFollower {
  readonly #framing: Framing;
  readonly #search: unknown;
  readonly #apply: (update: SearchUpdate) => void;
  #cursor = '';
  #leave: () => void = () => undefined;
  searchId = '';
  /** Reasons of the problems that ended streams. */
  readonly problems: string[] = [];
  /** Times that it came back with a cursor. */
  resumed = 0;

  /**
   * @param search what to search for, as JSON
   * @param apply told every update, in order
   */
  constructor(framing: Framing, search: unknown, apply: (update: SearchUpdate) => void) {
    this.#framing = framing;
    this.#search = search;
    this.#apply = apply;
  }

  /** Follows at an edge: with a search at first, behind the last cursor from then on. Resolves when that is over. */
  follow(url: string): Promise<Ending> {
    if (this.#cursor !== '') this.resumed++;
    return this.#framing === 'websocket' ? this.#overSocket(url) : this.#overHttp(url);
  }

  /** Breaks the connection off. */
  leave(): void {
    this.#leave();
  }

  async #overHttp(url: string): Promise<Ending> {
    const gone = new AbortController();
    this.#leave = () => gone.abort();
    const { path, ...options } = this.#request();
    try {
      const response = await fetch(`${url}${path}`, { ...options, signal: gone.signal });
      if (response.status === 204) return 'end';
      if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
      let text = '';
      const between = this.#framing === 'sse' ? '\n\n' : '\n';
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        for (let at = text.indexOf(between); at >= 0; at = text.indexOf(between)) {
          const said = this.#framing === 'sse' ? sseEvent(text.slice(0, at)) : jsonLine(text.slice(0, at));
          text = text.slice(at + between.length);
          const ending = said && this.#hear(said);
          if (ending !== undefined) return ending;
        }
      }
      return 'cut';
    } catch (error) {
      // Broken off by us, or by the other side.
      if (gone.signal.aborted || error instanceof TypeError) return 'cut';
      throw error;
    }
  }

  #request(): { path: string } & RequestInit {
    const accept = this.#framing === 'sse' ? 'text/event-stream' : 'application/x-ndjson';
    if (this.#cursor === '') {
      const headers = { accept, 'content-type': 'application/json' };
      return { path: '/v1/searches', method: 'POST', headers, body: JSON.stringify(this.#search) };
    }
    const path = `/v1/searches/${this.searchId}/updates`;
    if (this.#framing === 'sse') return { path, headers: { accept, 'last-event-id': this.#cursor } };
    return { path: `${path}?cursor=${encodeURIComponent(this.#cursor)}`, headers: { accept } };
  }

  #overSocket(url: string): Promise<Ending> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/stream`, 'entrepot.v1');
    this.#leave = () => socket.terminate();
    const { promise, resolve, reject } = Promise.withResolvers<Ending>();
    socket.on('open', () => {
      const resume = { method: 'WatchSearch', request: { searchId: this.searchId, cursor: this.#cursor } };
      const begin = this.#cursor === '' ? { method: 'Search', request: this.#search } : resume;
      socket.send(JSON.stringify({ id: '1', ...begin }));
    });
    socket.on('message', (data) => {
      try {
        const ending = this.#hear(JSON.parse(data.toString()) as Said);
        if (ending === undefined) return;
        resolve(ending);
        socket.close();
      } catch (error) {
        reject(error);
      }
    });
    // What breaks it off is told by its close as well.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve('cut'));
    return promise;
  }

  #hear({ update, problem, end }: Said): Ending | undefined {
    if (update !== undefined) {
      const read = SearchUpdate.fromJSON(update);
      this.#apply(read);
      this.#cursor = read.cursor;
      this.searchId = read.searchId;
    }
    if (problem !== undefined) {
      this.problems.push(problem.reason);
      return 'problem';
    }
    return end === undefined ? undefined : 'end';
  }
}

function sseEvent(block: string): Said | undefined {
  const fields = new Map(
    block.split('\n').map((line) => {
      const at = line.indexOf(': ');
      return [line.slice(0, at), line.slice(at + 2)] as const;
    }),
  );
  const event = fields.get('event');
  return event === undefined ? undefined : { [event]: JSON.parse(fields.get('data') ?? 'null') };
}

function jsonLine(line: string): Said | undefined {
  return line === '' ? undefined : (JSON.parse(line) as Said);
}
