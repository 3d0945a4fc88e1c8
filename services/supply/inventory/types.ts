import type { Account, AnswerContext, AskContext, PartnerRequest, Progress } from '../adapter.ts';

/** What a search of inventory looks for: rows for which everything that is given holds. */
export interface Lookup {
  /** Words that the row's text has, all of them. */
  readonly words?: string;
  /** Exact values of which the row has at least one. */
  readonly keys?: readonly string[];
  /** The row of this key alone. */
  readonly only?: string;
  /** Rows at most, the best matches first. */
  readonly limit: number;
  /** Further collections, of which the rows come along that belong to those found. */
  readonly beside: readonly Beside[];
}

/** A collection whose rows come along. */
export interface Beside {
  readonly collection: string;
  /** Links of the rows that belong to a found row; absent: those which it is kept under itself. */
  readonly linksOf?: (row: unknown) => readonly string[];
}

/** A question that the platform answers itself, out of what the partner has handed over. */
export interface InventoryLookup {
  readonly lookup: Lookup;
  /** Becomes `progress` of the context in which its answer is read. */
  readonly progress?: Progress;
}

/** A row with what it is found by. */
export interface IndexedRow {
  /** What tells it apart from the partner's others of the collection: 1 to 512 characters. */
  readonly key: string;
  /** The row as it came, JSON. */
  readonly row: string;
  readonly words: string;
  readonly keys: readonly string[];
  readonly links: readonly string[];
}

/** Works out by what a row is found; undefined for a row without a key. */
export type Indexer = (row: unknown) => IndexedRow | undefined;

/** What a message of a partner changes. */
export type Change =
  | {
      readonly op: 'upsert';
      readonly collection: string;
      readonly row: IndexedRow;
      /** The partner's own time or version; an older one never overwrites a newer one. Absent: the later to arrive counts. */
      readonly version?: number;
      /** The full sync that it is part of. */
      readonly sync?: string;
    }
  | { readonly op: 'delete'; readonly collection: string; readonly key: string; readonly version?: number }
  /** Deletes every row with the link. */
  | { readonly op: 'clear'; readonly collection: string; readonly link: string; readonly version?: number }
  | {
      /** A full sync has been sent: what is not part of it and not newer is gone. */
      readonly op: 'complete';
      readonly collection: string;
      readonly sync: string;
      /** When the sync began: what is newer stays. */
      readonly version: number;
      /** Rows that it has; until so many have come, it is not settled. */
      readonly count?: number;
    };

/** How a feed file is fetched and read. */
export interface FeedFormat {
  readonly format: 'csv' | 'tsv' | 'rss' | 'ndjson';
  /** Elements that are rows, in XML. */
  readonly element: string;
  /** Between the fields of CSV. */
  readonly delimiter: string;
  readonly everyMinutes: number;
  /** A file with fewer rows than before by more than this is refused, 0 to 100. */
  readonly maxShrinkPercent: number;
  /** A file with more unreadable rows than this is refused, 0 to 100. */
  readonly maxUnreadablePercent: number;
  /** Largest file, decompressed. */
  readonly maxBytes: number;
  /** Largest row. */
  readonly maxRowBytes: number;
  readonly timeoutMinutes: number;
  /** The request for the file, with the account's credentials. */
  request(context: AskContext): PartnerRequest;
}

/** How a sender is known. Names are those of the account's credentials. */
export type SenderCheck =
  | {
      readonly hmac: {
        readonly header: string;
        readonly algorithm: 'sha256' | 'sha512' | 'sha1';
        readonly encoding: 'hex' | 'base64';
        /** Text before the signature in the header, "sha256=". */
        readonly prefix?: string;
        readonly secret: string;
      };
    }
  | { readonly basic: { readonly username: string; readonly password: string } }
  | { readonly token: { readonly header: string; readonly prefix?: string; readonly credential: string } };

/** A message as it came. */
export interface PushMessage {
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The other fields of the form that it came in. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What a message says: what it changes, and how the partner tells it from others. */
export interface PushedChanges {
  /** The partner's id of the event; absent where it has none. */
  readonly event: string | undefined;
  readonly changes: readonly Change[];
}

/** An answer in the partner's own protocol. */
export interface PushAnswer {
  readonly status: number;
  readonly type?: string;
  readonly body?: string;
}

/** How pushed messages are taken. */
export interface PushFormat {
  readonly format: 'json' | 'xml';
  readonly verify: SenderCheck;
  /** Field of a form (multipart/form-data) that holds the message; absent where it is the body. */
  readonly field?: string;
  readonly maxBodyBytes: number;
  /** How long the ids of events are kept. */
  readonly eventWindowHours: number;
  /** What a message changes; undefined for one that nothing is said about. Throws PushRefusal. */
  read(message: PushMessage, account: Account): PushedChanges | undefined;
  /** What the sender is told. `reason`: why it was refused, for a person. */
  answer(
    outcome: 'accepted' | 'refused' | 'failed',
    reason: string,
    message: PushMessage,
    account: Account,
  ): PushAnswer;
}

/** A message that cannot be taken, and would not be if it came again. */
export class PushRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PushRefusal';
  }
}

/** What an adapter says of a partner that hands its inventory over instead of being asked. */
export interface InventoryFormat<Row = unknown> {
  /** What criteria look for, or why they cannot be looked for. */
  lookup(context: AskContext): InventoryLookup | { readonly unsupported: string };
  /** Looks for a row again. */
  again(row: Row, context: AnswerContext): InventoryLookup;
  indexer(account: Account): Indexer;
  readonly feed?: FeedFormat;
  readonly push?: PushFormat;
}
