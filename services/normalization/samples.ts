// Evidence as partners send it, for tests.
import { columnBuilder } from '../../libs/columns/index.ts';
import type { PartnerEvidence } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { Store } from '../../libs/store/index.ts';
import { vertical as verticalOf } from '../../libs/vertical/index.ts';
import type { Catalogue } from './catalogue.ts';
import { CatchUp } from './catch-up.ts';
import { EventLog } from './events.ts';
import { FormerIds } from './former-ids.ts';
import { createCatalogues } from './rules.ts';
import { createPlainMatcher } from './testing/plain-matcher.ts';
import { Turns } from './turns.ts';

/** Itineraries of one partner. */
export function flights(partner: string, itineraries: readonly (readonly string[])[]): PartnerEvidence {
  const keys = columnBuilder('string_list', itineraries.length);
  for (const itinerary of itineraries) keys.push([...itinerary]);
  return { partner, rows: { rowCount: itineraries.length, columns: [keys.build('segment_keys')] } };
}

/** What a test says of a property. */
export interface SampleStay {
  code: string;
  name: string;
  at?: readonly [latitude: number, longitude: number];
  zone?: string;
}

/** Properties of one partner. */
export function stays(partner: string, properties: readonly SampleStay[]): PartnerEvidence {
  const [codes, names, zones] = [columnBuilder('string'), columnBuilder('string'), columnBuilder('string')];
  const [latitudes, longitudes] = [columnBuilder('double'), columnBuilder('double')];
  for (const { code, name, at, zone } of properties) {
    codes.push(code);
    names.push(name);
    zones.push(zone);
    latitudes.push(at?.[0]);
    longitudes.push(at?.[1]);
  }
  return {
    partner,
    rows: {
      rowCount: properties.length,
      columns: [
        codes.build('property_code'),
        names.build('property_name'),
        zones.build('zone'),
        latitudes.build('latitude'),
        longitudes.build('longitude'),
      ],
    },
  };
}

/** Rows of one partner of any vertical: attributes by name, those that a row does not state left out. */
export function rowsOf(
  vertical: string,
  partner: string,
  rows: readonly Readonly<Record<string, unknown>>[],
): PartnerEvidence {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  const columns = verticalOf(vertical)
    .attributes.filter(({ name }) => names.has(name))
    .map(({ name, type }) => {
      const builder = columnBuilder(type, rows.length);
      for (const row of rows) builder.push(row[name] as never);
      return builder.build(name);
    });
  return { partner, rows: { rowCount: rows.length, columns } };
}

/** Catalogues on a store, as a service has them that has just started. */
export async function openCatalogues(store: Store): Promise<ReadonlyMap<string, Catalogue>> {
  const [turns, events, formerIds] = [new Turns(), new EventLog(Date.now), new FormerIds()];
  const catchUp = new CatchUp(events, formerIds);
  await events.open(store);
  await formerIds.open(store);
  const matchers = { stays: createPlainMatcher('stay'), goods: createPlainMatcher('good') };
  const catalogues = createCatalogues({ store, turns, catchUp, formerIds }, { keys: 1000, ...matchers });
  catchUp.take(catalogues);
  for (const catalogue of catalogues.values()) await catalogue.open();
  return catalogues;
}

/** Forgets all products, which is faster than another database. */
export async function forgetAll(store: Store): Promise<void> {
  await store.query(
    `TRUNCATE products, flight_segments, product_keys, records, former_ids, kept_apart, events, event_entities,
       undone_events, reviews`,
  );
}
