import type { Store } from '../../libs/store/index.ts';
import { type Catalogue, createCatalogue } from './catalogue.ts';
import { flightRules } from './flight.ts';
import { goodRules } from './good.ts';
import { rideRules } from './ride.ts';
import { stayRules } from './stay.ts';

/** How much is held in memory. */
export interface Memory {
  /** Keys of each vertical. */
  readonly keys: number;
}

/** Every vertical's identity rule: a new vertical is one line here. */
export function createCatalogues(store: Store, { keys }: Memory): ReadonlyMap<string, Catalogue> {
  const catalogues = [
    createCatalogue(flightRules(keys), store, keys),
    createCatalogue(stayRules(keys), store, keys),
    createCatalogue(goodRules(), store, keys),
    createCatalogue(rideRules(), store, keys),
  ];
  return new Map(catalogues.map((catalogue) => [catalogue.vertical, catalogue]));
}
