/** One connection, for a piece of work that has it for itself. */
export interface Session {
  /** Runs one statement. */
  query<R>(sql: string, parameters?: readonly unknown[]): Promise<R[]>;
  /** Runs statements without parameters. */
  exec(sql: string): Promise<void>;
}

/** What a piece of work wants with its connection: to change rows, to read alone, or to change tables, which may take its time. */
export type Purpose = 'writing' | 'reading' | 'migrating';

/** Hears what is said on a channel; undefined where something may have been missed. */
export type Listener = (text: string | undefined) => void;

/** PostgreSQL, embedded or a server, as one schema uses it: unqualified names are the schema's. */
export interface Engine {
  /** The same object for engines whose transactions wait for each other within this process. */
  readonly turns: object;
  /** Runs one statement by itself. */
  query<R>(sql: string, parameters?: readonly unknown[]): Promise<R[]>;
  /** The statements that begin a transaction, its turn included. */
  begin(purpose: Purpose): string;
  /** Gives a piece of work a connection, in turn: begins, commits and undoes nothing by itself. */
  connected<T>(purpose: Purpose, work: (session: Session) => Promise<T>): Promise<T>;
  /** Runs work that no other process does at the same time under this name. */
  section<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Hears a channel of the schema until the returned function is called. */
  listen(channel: string, listener: Listener): Promise<() => Promise<void>>;
  /** Waits for the work under way, then gives the connections up. */
  release(): Promise<void>;
}

/** An SQL identifier in quotes. */
export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** Bytes of the longest name that PostgreSQL has of anything. */
const MOST_NAME_BYTES = 63;

/** The name by which PostgreSQL knows a channel of a schema. Throws TypeError. */
export function channelName(schema: string, channel: string): string {
  const name = `${schema}/${channel}`;
  if (channel === '' || Buffer.byteLength(name) > MOST_NAME_BYTES) {
    throw new TypeError(`"${channel}" is no channel of schema ${schema}: 1 to ${MOST_NAME_BYTES} bytes together`);
  }
  return name;
}

/** Work in turn: what is given begins when what was given before is over. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Settles when everything that was given so far is over. */
  async over(): Promise<void> {
    await this.#last;
  }
}

/** Work in turn by name. */
export class NamedTurns {
  readonly #turns = new Map<string, { readonly turns: Turns; users: number }>();

  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const entry = this.#turns.get(name) ?? { turns: new Turns(), users: 0 };
    this.#turns.set(name, entry);
    entry.users++;
    try {
      return await entry.turns.take(work);
    } finally {
      if (--entry.users === 0) this.#turns.delete(name);
    }
  }
}
