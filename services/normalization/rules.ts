import { type Catalogue, type CatalogueTools, createCatalogue } from './catalogue.ts';
import { flightRules } from './flight.ts';
import { goodVertical } from './good.ts';
import type { Matcher } from './matching/index.ts';
import { createRecordCatalogue } from './record-catalogue.ts';
import { rideRules } from './ride.ts';
import { stayVertical } from './stay.ts';

/** How much is held in memory, and who decides what keys do not. */
export interface CatalogueOptions {
  /** Keys of each vertical that has no records. */
  readonly keys: number;
  readonly stays: Matcher;
  readonly goods: Matcher;
}

/** Every vertical's identity rule: a new vertical is one line here. */
export function createCatalogues(
  tools: CatalogueTools,
  { keys, stays, goods }: CatalogueOptions,
): ReadonlyMap<string, Catalogue> {
  const catalogues = [
    createCatalogue(flightRules(keys), tools, keys),
    createRecordCatalogue(stayVertical, stays, tools),
    createRecordCatalogue(goodVertical, goods, tools),
    createCatalogue(rideRules(), tools, keys),
  ];
  return new Map(catalogues.map((catalogue) => [catalogue.vertical, catalogue]));
}
