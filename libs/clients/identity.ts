import { Permission } from '../contracts/gen/entrepot/type/v1/public.ts';

/** A client as it was recognised: what it may do, see and spend. Immutable. */
export interface Identity {
  /** Its name in clients.yaml, under which its calls, its tier and its searches go. */
  readonly client: string;
  readonly permissions: ReadonlySet<Permission>;
  /** Markets that it may search in, ISO 3166-1 alpha-2; undefined for all. */
  readonly markets: ReadonlySet<string> | undefined;
  /** Partners whose offers it may see; undefined for all. */
  readonly partners: ReadonlySet<string> | undefined;
  /** Views that it may use, by name; undefined for all. */
  readonly views: ReadonlySet<string> | undefined;
  /** What it may spend; undefined for as much as it likes. */
  readonly budget: Budget | undefined;
  /** Streams that it may have open at once; undefined for no limit of its own. */
  readonly streams: number | undefined;
  /** Origins whose pages may use it from a browser: "https://shop.example"; "*" for any. */
  readonly origins: readonly string[];
  /** Of GraphQL it may send operations alone that are registered by file. Default: whatever it likes. */
  readonly persistedOnly?: boolean;
  /** Let in because the edge is for development: it listens on loopback, and no keys are configured. */
  readonly development: boolean;
}

/** Points that fill up by themselves. What costs how much is the edge's to say. */
export interface Budget {
  /** Points at most, and at first. */
  readonly capacity: number;
  /** Points that come back a second. */
  readonly refillPerSecond: number;
}

/** Every permission by the name that clients.yaml calls it by: "SEARCH". */
export const permissionNames: ReadonlyMap<string, Permission> = new Map(
  Object.entries(Permission).filter(
    (entry): entry is [string, Permission] =>
      typeof entry[1] === 'number' && entry[1] !== Permission.UNSPECIFIED && entry[1] !== Permission.UNRECOGNIZED,
  ),
);

/** All that a client can be permitted. */
export const everyPermission: ReadonlySet<Permission> = new Set(permissionNames.values());
