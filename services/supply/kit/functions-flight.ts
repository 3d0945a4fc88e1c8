import type { HostFunction } from '../../../libs/expression/index.ts';
import { CABIN_NAMES, joinBrands } from '../mapping/flight-item.ts';

/** For manifests of flights. */
export const flightFunctions: ReadonlyMap<string, HostFunction> = new Map<string, HostFunction>([
  [
    'lowest_cabin',
    {
      args: ['list_dyn'],
      result: 'string',
      call: lowestCabin,
      doc: 'the lowest of cabins by name (ECONOMY, PREMIUM_ECONOMY, BUSINESS, FIRST), others aside',
    },
  ],
  [
    'join_brands',
    {
      args: ['list_dyn'],
      result: 'string',
      call: joinBrands,
      doc: 'names of brands, each once, joined by " / "; absent where there is none',
    },
  ],
]);

function lowestCabin(names: readonly unknown[]): string | undefined {
  let lowest = CABIN_NAMES.length;
  for (const name of names) {
    const cabin = CABIN_NAMES.indexOf(name as string);
    if (cabin > 0 && cabin < lowest) lowest = cabin;
  }
  return CABIN_NAMES[lowest];
}
