import type { BoolColumn, NumberColumn, StringColumnView } from '../../libs/columns/index.ts';
import { IdentityRule } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { invalidField } from '../../libs/errors/index.ts';
import type { EvidenceColumns } from './evidence.ts';
import type { EvidenceReader, IdentityRules } from './identity.ts';
import { itemReader, type KeyedItem, keyRules } from './key-rules.ts';

/**
 * A ride is its kind: class, capacity and propulsion, and whether it is shared or takes a wheelchair. The trip is the
 * search's, so that what one search finds of a kind is the same ride by several partners; the catalogue holds kinds, not trips.
 * Propulsion that a partner does not state is a value of its own. A ride without class or capacity is its partner's own.
 */
export function rideRules(): IdentityRules<KeyedItem> {
  return keyRules({
    vertical: 'ride',
    prefix: 'rd_',
    required: ['product_code'],
    optional: ['product_name', 'ride_class', 'capacity', 'propulsion', 'wheelchair_accessible', 'shared'],
    strongKeys: 'kind:',
    strong: { rule: IdentityRule.RIDE_KIND, because: 'same class, capacity and propulsion' },
    weak: { rule: IdentityRule.UNSPECIFIED, because: '' },
    read: readRides,
  });
}

function readRides({ partner, columns, rowCount, field }: EvidenceColumns): EvidenceReader<KeyedItem> {
  const codes = columns.get('product_code') as StringColumnView;
  const names = columns.get('product_name') as StringColumnView | undefined;
  const classes = columns.get('ride_class') as StringColumnView | undefined;
  const capacities = columns.get('capacity') as NumberColumn | undefined;
  const propulsions = columns.get('propulsion') as StringColumnView | undefined;
  const wheelchairs = columns.get('wheelchair_accessible') as BoolColumn | undefined;
  const shareds = columns.get('shared') as BoolColumn | undefined;
  for (let row = 0; row < rowCount; row++) {
    if (codes.get(row) === '') {
      throw invalidField(`${field}.columns.product_code`, `row ${row} has no code; the partner's own is needed`);
    }
  }
  const kindOf = (row: number): string | undefined => {
    if (classes?.has(row) !== true || capacities?.has(row) !== true) return undefined;
    const parts = [classes.get(row), capacities.get(row)];
    if (propulsions?.has(row) === true) parts.push(propulsions.get(row));
    // A shared class is shared whether the partner says so again or not.
    if (shareds?.has(row) === true && shareds.get(row) && classes.get(row) !== 'SHARED') parts.push('SHARED');
    if (wheelchairs?.has(row) === true && wheelchairs.get(row)) parts.push('WHEELCHAIR');
    return parts.join('|');
  };
  return itemReader((row) => {
    const kind = kindOf(row);
    const name = names?.has(row) === true ? names.get(row) : codes.get(row);
    return {
      partner,
      code: codes.get(row),
      strong: kind === undefined ? undefined : `kind:${kind}`,
      weak: undefined,
      title: kind === undefined ? name : titleOf(kind),
    };
  });
}

/** "VAN|7|ELECTRIC" is "van for 7, electric". */
function titleOf(kind: string): string {
  const [name, capacity, ...rest] = kind.toLowerCase().split('|');
  return [`${name} for ${capacity}`, ...rest].join(', ');
}
