// The read mask that a selection is: what nobody selects of an offer is not made.
import { typeNameOf } from './names.ts';
import type { ApiSchema } from './schema.ts';
import type { Selection } from './selection.ts';

const offer = typeNameOf({ typeName: 'entrepot.offer.v1.Offer', name: 'Offer' });

/** Fields beside offers that are made of them: who selects one needs what it is made of. */
const madeOfOffers: Readonly<Record<string, string>> = { 'SearchPage.currency': 'price.total.currency_code' };

/** What of an offer is there for every mask, and thus the smallest mask: an empty one would be everything. */
const least = 'offer_id';

/**
 * Paths of Offer that a selection reads, sorted, as proto names: everything by name, so that all fields and no mask are not the same.
 * @param selection of whatever holds offers, or of an offer
 */
export function readMaskOf(api: ApiSchema, selection: Selection): string[] {
  const paths = new Set<string>();
  seek(api, selection, paths);
  return paths.size === 0 ? [least] : [...paths].sort();
}

function seek(api: ApiSchema, selection: Selection, paths: Set<string>): void {
  if (selection.type.name === offer) {
    addPaths(api, selection, '', paths);
    return;
  }
  for (const { name, inner } of selection.fields) {
    const made = madeOfOffers[`${selection.type.name}.${name}`];
    if (made !== undefined) paths.add(made);
    if (inner !== undefined) seek(api, inner, paths);
  }
}

function addPaths(api: ApiSchema, { type, fields }: Selection, prefix: string, paths: Set<string>): void {
  for (const { name, inner } of fields) {
    if (name === '__typename') {
      // Of an object that is there without anything else of it: which it is may be all that is asked.
      if (fields.every((field) => field.name === '__typename')) paths.add(prefix === '' ? least : prefix.slice(0, -1));
      continue;
    }
    const path = `${prefix}${api.field(type, name).descriptor.name}`;
    if (inner === undefined) paths.add(path);
    else addPaths(api, inner, `${path}.`, paths);
  }
}

/** Whether a field of a name is selected of the value itself. */
export function selects(selection: Selection, name: string): boolean {
  return selection.fields.some((field) => field.name === name);
}
