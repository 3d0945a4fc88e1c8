// Which fields of offers are asked for, by whom and through which view: what nobody reads can go.
import { LRUCache } from 'lru-cache';
import type { FieldUsage, ListFieldUsageResponse } from '../../../libs/contracts/gen/entrepot/edge/v1/edge.ts';
import { counter } from '../../../libs/telemetry/index.ts';
import type { Gate } from '../api/public-api.ts';
import { alwaysThere, isWithin, leafPaths, readPath } from './fields.ts';

const metric = counter('entrepot.edge.fields', {
  description: 'Requests by field of Offer that they asked for (its first two steps; "*" for everything)',
});

/** Everything was asked for. */
const everything = '*';

/** Where clients, views and masks are counted that came when there was no more room. */
const others = '(other)';

/** Different combinations of mask, client and view that are told apart. */
const mostCombinations = 5_000;

/** Masks of which the paths are kept. */
const mostMasks = 1_000;

/** What a mask asks for. */
interface Mask {
  /** Names it. */
  readonly key: string;
  readonly paths: readonly string[];
  /** Attributes of the metric. */
  readonly fields: readonly { readonly field: string }[];
}

interface Count {
  readonly paths: readonly string[];
  readonly client: string;
  readonly view: string;
  requests: number;
  lastAt: number;
}

/** Counts, in this process and since it began. */
export class FieldUsages {
  readonly #now: () => number;
  readonly #most: number;
  readonly #since: number;
  readonly #masks = new LRUCache<string, Mask>({ max: mostMasks });
  readonly #counts = new Map<string, Count>();
  readonly #other = new Map<string, Count>();
  readonly #uses = new Map<string, number>();

  /**
   * @param now epoch milliseconds
   * @param most combinations of mask, client and view that are told apart
   */
  constructor(now: () => number = Date.now, most: number = mostCombinations) {
    this.#now = now;
    this.#most = most;
    this.#since = now();
  }

  /** Counts what is looked at through the gate, once it was answered. To be passed last: who is refused has read nothing. */
  readonly gate: Gate = ({ method, request, caller, view = '' }) => {
    if (!counted.has(method.name)) return;
    const { readMask } = request as { readonly readMask?: readonly string[] };
    return (error) => {
      if (error !== undefined && error.reason !== 'CANCELLED') return;
      this.count(readMask, caller.identity.client, view);
    };
  };

  /** Counts one request. @param view "mobile-results@1"; empty for none */
  count(readMask: readonly string[] | undefined, client: string, view: string): void {
    const mask = this.#mask(readMask);
    const key = `${client}\n${view}\n${mask.key}`;
    const count = this.#counts.get(key) ?? this.#begin(key, mask, client, view);
    if (count !== undefined) {
      count.requests++;
      count.lastAt = this.#now();
    } else this.#countOther(mask);
    if (view !== '') this.#uses.set(view, (this.#uses.get(view) ?? 0) + 1);
    for (const field of mask.fields) metric.add(1, field);
  }

  /** Searches by a view. */
  usesOf(view: string): number {
    return this.#uses.get(view) ?? 0;
  }

  /** The use of fields. @param client of this one; empty for all */
  list(client: string): ListFieldUsageResponse {
    const found = new Map<string, Count & { readonly field: string }>();
    for (const count of [...this.#counts.values(), ...this.#other.values()]) {
      if (client !== '' && count.client !== client) continue;
      for (const field of count.paths) {
        const key = `${field}\n${count.client}\n${count.view}`;
        const usage = found.get(key) ?? { ...count, field, requests: 0, lastAt: 0 };
        usage.requests += count.requests;
        usage.lastAt = Math.max(usage.lastAt, count.lastAt);
        found.set(key, usage);
      }
    }
    const usages = [...found.values()].sort((a, b) => b.requests - a.requests || (a.field < b.field ? -1 : 1));
    return {
      since: instant(this.#since),
      usages: usages.map(({ field, client: by, view, requests, lastAt }): FieldUsage => {
        return { field, client: by, view, requests, lastAt: instant(lastAt) };
      }),
      unused: unusedBeside(new Set(usages.map(({ field }) => field))),
    };
  }

  #begin(key: string, { paths }: Mask, client: string, view: string): Count | undefined {
    if (this.#counts.size >= this.#most) return undefined;
    const count = { paths, client, view, requests: 0, lastAt: 0 };
    this.#counts.set(key, count);
    return count;
  }

  /** A field that somebody reads is never lost: at worst it is not told who does. */
  #countOther({ paths }: Mask): void {
    for (const path of paths) {
      let count = this.#other.get(path);
      if (count === undefined) {
        const field = this.#other.size >= this.#most ? everything : path;
        count = this.#other.get(field) ?? { paths: [field], client: others, view: others, requests: 0, lastAt: 0 };
        this.#other.set(field, count);
      }
      count.requests++;
      count.lastAt = this.#now();
    }
  }

  #mask(readMask: readonly string[] | undefined): Mask {
    const asked = readMask === undefined || readMask.length === 0 ? everything : readMask.join(',');
    let mask = this.#masks.get(asked);
    if (mask === undefined) {
      mask = maskOf(asked);
      this.#masks.set(asked, mask);
    }
    return mask;
  }
}

function instant(ms: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(ms);
}

/** Fields of Offer that none of the paths reads. */
function unusedBeside(used: ReadonlySet<string>): string[] {
  if (used.has(everything)) return [];
  const paths = [alwaysThere, ...used];
  return leafPaths().filter((leaf) => !paths.some((path) => isWithin(leaf, path) || isWithin(path, leaf)));
}

/** The methods whose answers are offers that a mask chooses fields of. */
const counted: ReadonlySet<string> = new Set(['Search', 'GetPage', 'GetOffer']);

function maskOf(asked: string): Mask {
  const read = asked === everything ? [everything] : asked.split(',').flatMap((text) => pathOf(text));
  const paths = [...new Set(read)].sort();
  const fields = new Set(paths.map((path) => path.split('.').slice(0, 2).join('.')));
  return { key: paths.join(','), paths, fields: [...fields].map((field) => ({ field })) };
}

function pathOf(text: string): string[] {
  const read = readPath(text);
  return 'path' in read ? [read.path] : [];
}
