import { LRUCache } from 'lru-cache';
import type { NumberColumn, StringColumnView } from '../../libs/columns/index.ts';
import { type Identity, IdentityRule } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { invalidField } from '../../libs/errors/index.ts';
import type { Store } from '../../libs/store/index.ts';
import { cellOf, cellsAround } from './cells.ts';
import { type Decided, type EvidenceColumns, type EvidenceReader, type IdentityRules, identity } from './identity.ts';
import { addKeys, describeByKeys } from './product-keys.ts';
import { addProducts, inChunks, productIdOf } from './schema.ts';
import { farthestKm, type PlacedProperty, type Placement, type Property, place, property } from './stay-match.ts';

const vertical = 'stay';

/**
 * A stay is its property. A partner's code, once seen, means the same property for good. A new code is held against
 * what other partners say of properties nearby; near enough and named alike is the same. Two codes of one partner are
 * never the same property, and a property without a position never meets another.
 *
 * Within one call the outcome does not depend on the order of the rows. Between calls it does where a property is like
 * two that are not like each other: it joins the better of those that are there.
 *
 * @param memory cells of the map whose properties are held in memory
 */
export function stayRules(memory: number): IdentityRules<Property> {
  const cells = new LRUCache<number, PlacedProperty[]>({ max: memory });

  return {
    vertical,
    required: ['property_code', 'property_name'],
    optional: ['latitude', 'longitude', 'zone'],
    read: readProperties,

    async decide(rows, tx): Promise<Decided> {
      const known = await knownKeys(rows, tx);
      const fresh = rows.filter((row) => !known.has(keyOf(row)));
      const nearby = await loadCells(fresh, cells, tx);
      const placements = place(fresh, [...nearby.values()].flat());
      const placed = fresh.map((row, index): Placed => {
        const placement = placements[index]!;
        const productId = placement.productId ?? productIdOf('st_', keyOf(placement.founder));
        return { ...row, productId, placement, identity: explain(productId, placement) };
      });
      await addProducts(
        vertical,
        placed
          .filter(({ placement }) => placement.because === undefined)
          .map(({ productId, name }) => ({ productId, content: name, endsOn: '' })),
        tx,
      );
      await addKeys(
        vertical,
        placed.map(({ partner, code, identity: decided }) => ({ ...decided, partner, key: code })),
        tx,
      );
      await addProperties(placed, tx);

      const decided = new Map(placed.map((row) => [keyOf(row), row.identity]));
      return {
        identities: rows.map((row) => known.get(keyOf(row)) ?? decided.get(keyOf(row))!),
        committed() {
          for (const [cell, members] of nearby) cells.set(cell, members);
          for (const { partner, code, name, zone, position, tokens, productId } of placed) {
            if (position === undefined) continue;
            cells
              .get(cellOf(position.latitude, position.longitude))
              ?.push({ partner, code, name, zone, position, tokens, productId });
          }
        },
      };
    },

    keysOf: ({ partner, code }) => [{ partner, key: code }],

    describe: (productId, content, tx) => describeByKeys(productId, content, tx),

    async prune() {
      // Properties stay: a code that is sold again after years is still the same property.
    },
  };
}

interface Placed extends PlacedProperty {
  readonly placement: Placement;
  readonly identity: Identity;
}

/** Partner names have no line breaks, so no two pairs share a key. */
function keyOf({ partner, code }: { partner: string; code: string }): string {
  return `${partner}\n${code}`;
}

function readProperties({ partner, columns, rowCount, field }: EvidenceColumns): EvidenceReader<Property> {
  const codes = columns.get('property_code') as StringColumnView;
  const names = columns.get('property_name') as StringColumnView;
  const zones = columns.get('zone') as StringColumnView | undefined;
  const latitudes = columns.get('latitude') as NumberColumn | undefined;
  const longitudes = columns.get('longitude') as NumberColumn | undefined;
  for (let row = 0; row < rowCount; row++) {
    if (codes.get(row) === '') {
      throw invalidField(`${field}.columns.property_code`, `row ${row} has no code; the partner's own is needed`);
    }
  }
  return {
    key: (row) => `${partner}\n${codes.get(row)}`,
    row(row) {
      const placed = latitudes?.has(row) === true && longitudes?.has(row) === true;
      const position = placed ? { latitude: latitudes.get(row), longitude: longitudes.get(row) } : undefined;
      if (position !== undefined && !(Math.abs(position.latitude) <= 90 && Math.abs(position.longitude) <= 180)) {
        throw invalidField(
          `${field}.columns.latitude`,
          `row ${row} is at ${position.latitude}, ${position.longitude}; latitudes go to ±90, longitudes to ±180`,
        );
      }
      // Partners write 0, 0 for a position that they do not have.
      const known = position?.latitude === 0 && position.longitude === 0 ? undefined : position;
      return property(partner, codes.get(row), names.get(row), zones?.get(row) ?? '', known);
    },
  };
}

async function knownKeys(rows: readonly Property[], tx: Store): Promise<Map<string, Identity>> {
  const found = await tx.query<{ partner: string; key: string; product_id: string }>(
    `SELECT partner, key, product_id FROM product_keys
     JOIN unnest($2::text[], $3::text[]) AS asked (partner, key) USING (partner, key) WHERE vertical = $1`,
    [vertical, rows.map(({ partner }) => partner), rows.map(({ code }) => code)],
  );
  return new Map(
    found.map(({ partner, key, product_id }) => [
      keyOf({ partner, code: key }),
      identity(product_id, IdentityRule.KNOWN_KEY, 1, 'the same code of the same partner was seen before'),
    ]),
  );
}

/** The properties in the cells around the rows: from memory, and in one question for the rest. */
async function loadCells(
  rows: readonly Property[],
  memory: LRUCache<number, PlacedProperty[]>,
  tx: Store,
): Promise<Map<number, PlacedProperty[]>> {
  const nearby = new Map<number, PlacedProperty[]>();
  const missing: number[] = [];
  for (const { position } of rows) {
    if (position === undefined) continue;
    for (const cell of cellsAround(position.latitude, position.longitude, farthestKm)) {
      if (nearby.has(cell)) continue;
      const members = memory.get(cell);
      nearby.set(cell, members ?? []);
      if (members === undefined) missing.push(cell);
    }
  }
  if (missing.length === 0) return nearby;
  const found = await tx.query<{
    partner: string;
    code: string;
    product_id: string;
    name: string;
    zone: string;
    latitude: number;
    longitude: number;
    cell: number;
  }>(
    'SELECT partner, code, product_id, name, zone, latitude, longitude, cell FROM stay_properties WHERE cell = ANY($1)',
    [missing],
  );
  for (const { partner, code, product_id, name, zone, latitude, longitude, cell } of found) {
    nearby.get(cell)!.push({ ...property(partner, code, name, zone, { latitude, longitude }), productId: product_id });
  }
  return nearby;
}

function explain(productId: string, { because }: Placement): Identity {
  if (because === undefined) return identity(productId, IdentityRule.NEW, 1, 'no product nearby is named alike');
  return identity(productId, IdentityRule.PLACE_AND_NAME, because.confidence, because.evidence);
}

async function addProperties(placed: readonly Placed[], tx: Store): Promise<void> {
  const positioned = placed.flatMap((row) => (row.position === undefined ? [] : [{ ...row, position: row.position }]));
  await inChunks(positioned, async (part) => {
    await tx.query(
      `INSERT INTO stay_properties (partner, code, product_id, name, zone, latitude, longitude, cell)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::double precision[],
         $7::double precision[], $8::integer[])`,
      [
        part.map(({ partner }) => partner),
        part.map(({ code }) => code),
        part.map(({ productId }) => productId),
        part.map(({ name }) => name),
        part.map(({ zone }) => zone),
        part.map(({ position }) => position.latitude),
        part.map(({ position }) => position.longitude),
        part.map(({ position }) => cellOf(position.latitude, position.longitude)),
      ],
    );
  });
}
