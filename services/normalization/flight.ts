import { LRUCache } from 'lru-cache';
import type { StringListColumnView } from '../../libs/columns/index.ts';
import {
  type Identity,
  IdentityRule,
  ProductEventKind,
  type ProductKey,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { invalidField } from '../../libs/errors/index.ts';
import type { Store } from '../../libs/store/index.ts';
import { byRule, rulesVersion } from './events.ts';
import type { EvidenceColumns } from './evidence.ts';
import { parseSegmentKey, type SegmentKeys, sliceBreak, titleOf } from './flight-keys.ts';
import { type Decided, type EvidenceReader, type IdentityRules, identity, type NewProduct } from './identity.ts';
import { addProducts, existingProducts, inChunks, productIdOf } from './schema.ts';

/** An itinerary as a partner states it. */
interface Itinerary {
  /** Segment keys, with a "/" between slices. */
  readonly parts: readonly string[];
  /** The segment keys taken apart. */
  readonly segments: ReadonlyMap<string, SegmentKeys>;
}

/** What a key of a segment leads to. The first who uses a key settles for good which segment it means. */
interface Alias {
  /** The segment: named by the key under which it was first seen. */
  readonly segment: string;
  /** The segment has a flight number, so that another number with the same times is another flight. */
  readonly numbered: boolean;
}

/** How a stated segment was recognized. */
type Recognized = 'new' | 'known' | 'number' | 'schedule';

const vertical = 'flight';

/**
 * A flight is its itinerary: the segments in order, whoever sells them and under whatever number. A segment is known by
 * its operating number, and by its times where a partner does not give the number; cabin and fare belong to the offer.
 *
 * With numbers given, the outcome does not depend on the order of arrival. Without, it does in two cases, since a decision is
 * never taken back: two flights of one carrier with the same airports and times (the one without a number is taken for
 * the one that was seen first), and a segment without number that is first seen at times which the numbered one
 * later turns out to have as well as others (it stays a flight of its own). Within one call numbered rows are decided
 * first, in the order of their keys.
 *
 * @param memory segment keys held in memory
 */
export function flightRules(memory: number): IdentityRules<Itinerary> {
  const aliases = new LRUCache<string, Alias>({ max: memory });

  return {
    vertical,
    required: ['segment_keys'],
    optional: [],
    read: readItineraries,

    async decide(rows, writing): Promise<Decided> {
      const { tx, events } = writing;
      const segments = distinctSegments(rows);
      const known = await load(segments, aliases, tx);
      const { settled, added, claimed } = settle(segments, known);

      const products = new Map<string, NewProduct>();
      const perhapsKnown: string[] = [];
      const ids = rows.map(({ parts }) => {
        let fresh = false;
        let content = '';
        for (const part of parts) {
          const found = settled.get(part);
          if (found?.how === 'new') fresh = true;
          content += `${content === '' ? '' : ' '}${found?.segment ?? part}`;
        }
        const productId = productIdOf('fl_', content);
        if (!products.has(productId)) {
          const { departsOn: endsOn } = segments.get(parts[parts.length - 1]!)!;
          products.set(productId, { productId, content, title: titleOf(content), endsOn });
          // An itinerary with a segment that nobody had seen cannot have been seen either.
          if (!fresh) perhapsKnown.push(productId);
        }
        return productId;
      });
      for (const productId of await existingProducts(perhapsKnown, tx)) products.delete(productId);
      await addAliases(added, tx);
      await claim(claimed, tx);
      await addProducts(vertical, [...products.values()], writing);
      for (const productId of products.keys()) {
        const evidence = 'an itinerary that no product had';
        events.add({
          kind: ProductEventKind.CREATED,
          vertical,
          productId,
          author: byRule,
          version: rulesVersion,
          evidence,
        });
      }

      const fresh = new Set(products.keys());
      return {
        identities: rows.map(({ parts }, index) => explain(parts, ids[index]!, settled, fresh)),
        committed() {
          for (const [key, alias] of known) aliases.set(key, alias);
        },
      };
    },

    keysOf({ parts, segments }) {
      const stated = parts.flatMap((part) => segments.get(part) ?? []);
      return stated.flatMap(({ byNumber, bySchedule }) => [
        ...(byNumber === '' ? [] : [{ partner: '', key: byNumber }]),
        { partner: '', key: bySchedule },
      ]);
    },

    async describe(products, tx) {
      const segmentsOf = (contents: readonly string[]): string[] => [
        ...new Set(contents.flatMap((content) => content.split(' ').filter((part) => part !== sliceBreak))),
      ];
      const rows = await tx.query<{ key: string; segment: string }>(
        'SELECT key, segment FROM flight_segments WHERE segment = ANY($1::text[]) ORDER BY key',
        [segmentsOf(products.flatMap(({ contents }) => contents))],
      );
      const bySegment = Map.groupBy(rows, ({ segment }) => segment);
      return products.map(({ contents }) =>
        segmentsOf(contents).flatMap((segment) => (bySegment.get(segment) ?? []).map(({ key }) => segmentKey(key))),
      );
    },

    async prune(today, tx) {
      await tx.query(
        `WITH gone AS (DELETE FROM products WHERE vertical = $1 AND ends_on < $2::date RETURNING product_id)
         DELETE FROM events USING gone WHERE events.product_id = gone.product_id AND kind <= 2`,
        [vertical, today],
      );
      await tx.query('DELETE FROM flight_segments WHERE departs_on < $1::date', [today]);
      aliases.clear();
    },
  };
}

function readItineraries({ columns, rowCount, field }: EvidenceColumns): EvidenceReader<Itinerary> {
  const at = `${field}.columns.segment_keys`;
  const column = columns.get('segment_keys') as StringListColumnView;
  const { dictionary } = column;
  for (let row = 0; row < rowCount; row++) {
    if (!column.has(row) || column.start(row) === column.end(row)) {
      throw invalidField(at, `row ${row} has no segments; an itinerary has at least one`);
    }
  }
  const segments = new Map<string, SegmentKeys>();
  return {
    key(row) {
      const end = column.end(row);
      let at = column.start(row);
      let key = dictionary[column.code(at)]!;
      while (++at < end) key += ` ${dictionary[column.code(at)]!}`;
      return key;
    },
    row(row) {
      const parts = column.get(row);
      for (let index = 0; index < parts.length; index++) {
        const part = parts[index]!;
        if (part === sliceBreak) {
          if (index > 0 && index < parts.length - 1 && parts[index - 1] !== sliceBreak) continue;
          throw invalidField(at, `row ${row} has a "/" that does not stand between two segments`);
        }
        if (segments.has(part)) continue;
        const keys = parseSegmentKey(part);
        if (keys === undefined) {
          throw invalidField(
            at,
            `row ${row}: ${JSON.stringify(part.slice(0, 80))} is no segment key; expected one like "QF|495|2022-04-16|SYD|MEL|20:00|2022-04-16T21:35"`,
          );
        }
        segments.set(part, keys);
      }
      return { parts, segments };
    },
  };
}

/** The distinct segments of the rows; those with a number first, then by their text. */
function distinctSegments(rows: readonly Itinerary[]): Map<string, SegmentKeys> {
  const all = new Map<string, SegmentKeys>();
  for (const { parts, segments } of rows) {
    for (const part of parts) {
      if (part !== sliceBreak && !all.has(part)) all.set(part, segments.get(part)!);
    }
  }
  const sorted = [...all].sort(([a], [b]) => (a < b ? -1 : 1));
  const numbered = sorted.filter(([, { byNumber }]) => byNumber !== '');
  return new Map([...numbered, ...sorted.filter(([, { byNumber }]) => byNumber === '')]);
}

/** What the segments' keys lead to, as far as anything: from memory, and in one question for the rest. */
async function load(
  segments: ReadonlyMap<string, SegmentKeys>,
  memory: LRUCache<string, Alias>,
  tx: Store,
): Promise<Map<string, Alias>> {
  const known = new Map<string, Alias>();
  const missing = new Set<string>();
  for (const { byNumber, bySchedule } of segments.values()) {
    for (const key of [byNumber, bySchedule]) {
      if (key === '' || known.has(key)) continue;
      const alias = memory.get(key);
      if (alias === undefined) missing.add(key);
      else known.set(key, alias);
    }
  }
  if (missing.size > 0) {
    const rows = await tx.query<{ key: string; segment: string; numbered: boolean }>(
      'SELECT key, segment, numbered FROM flight_segments WHERE key = ANY($1)',
      [[...missing]],
    );
    for (const { key, segment, numbered } of rows) known.set(key, { segment, numbered });
  }
  return known;
}

interface AddedAlias extends Alias {
  readonly key: string;
  readonly departsOn: string;
}

/** Decides which segment each stated one is; adds what is new to `known` and lists it. */
function settle(
  segments: ReadonlyMap<string, SegmentKeys>,
  known: Map<string, Alias>,
): { settled: Map<string, { segment: string; how: Recognized }>; added: AddedAlias[]; claimed: string[] } {
  const settled = new Map<string, { segment: string; how: Recognized }>();
  const added: AddedAlias[] = [];
  const claimed: string[] = [];
  for (const [text, { byNumber, bySchedule, departsOn }] of segments) {
    const add = (key: string, segment: string): void => {
      const alias = { segment, numbered: byNumber !== '' };
      known.set(key, alias);
      added.push({ key, departsOn, ...alias });
    };
    const numbered = byNumber === '' ? undefined : known.get(byNumber);
    const scheduled = known.get(bySchedule);
    if (numbered !== undefined) {
      // Times may drift by minutes under the same number; from now on they, too, lead to this flight.
      if (scheduled === undefined) add(bySchedule, numbered.segment);
      settled.set(text, {
        segment: numbered.segment,
        how: scheduled?.segment === numbered.segment ? 'known' : 'number',
      });
    } else if (byNumber === '' && scheduled !== undefined) {
      settled.set(text, { segment: scheduled.segment, how: scheduled.segment === bySchedule ? 'known' : 'schedule' });
    } else if (scheduled !== undefined && !scheduled.numbered) {
      // The number of a segment that was only known by its times.
      add(byNumber, scheduled.segment);
      known.set(bySchedule, { segment: scheduled.segment, numbered: true });
      claimed.push(bySchedule);
      settled.set(text, { segment: scheduled.segment, how: 'schedule' });
    } else {
      const segment = byNumber === '' ? bySchedule : byNumber;
      add(segment, segment);
      if (byNumber !== '' && scheduled === undefined) add(bySchedule, segment);
      settled.set(text, { segment, how: 'new' });
    }
  }
  return { settled, added, claimed };
}

async function addAliases(added: readonly AddedAlias[], tx: Store): Promise<void> {
  await inChunks(added, async (part) => {
    await tx.query(
      `INSERT INTO flight_segments (key, segment, numbered, departs_on)
       SELECT * FROM unnest($1::text[], $2::text[], $3::boolean[], $4::date[])`,
      [
        part.map(({ key }) => key),
        part.map(({ segment }) => segment),
        part.map(({ numbered }) => numbered),
        part.map(({ departsOn }) => departsOn),
      ],
    );
  });
}

async function claim(claimed: readonly string[], tx: Store): Promise<void> {
  if (claimed.length === 0) return;
  await tx.query('UPDATE flight_segments SET numbered = true WHERE key = ANY($1)', [claimed]);
}

function explain(
  parts: readonly string[],
  productId: string,
  settled: ReadonlyMap<string, { how: Recognized }>,
  fresh: Set<string>,
): Identity {
  // The first row of a new product is the new one; others in the same call joined it.
  if (fresh.delete(productId)) return identity(productId, IdentityRule.NEW, 1, 'an itinerary that no product had');
  const ways = new Set(parts.map((part) => settled.get(part)?.how));
  if (ways.has('schedule')) {
    return identity(productId, IdentityRule.FLIGHT_SCHEDULE, 1, 'same operating carrier, airports and local times');
  }
  if (ways.has('number') || ways.has('new')) {
    return identity(
      productId,
      IdentityRule.FLIGHT_NUMBER,
      1,
      'same operating carrier, number and date; the times differ',
    );
  }
  return identity(productId, IdentityRule.KNOWN_KEY, 1, 'the same segments were seen before');
}

function segmentKey(key: string): ProductKey {
  const numbered = key.split('|')[1] !== '';
  return {
    partner: '',
    key,
    rule: numbered ? IdentityRule.FLIGHT_NUMBER : IdentityRule.FLIGHT_SCHEDULE,
    confidence: 1,
    evidence: numbered ? 'operating carrier, number, date and airports' : 'operating carrier, airports and local times',
  };
}
