import { createTimetable, type Timetable } from './flights/itineraries.ts';
import { createNetwork, type Network } from './flights/network.ts';
import { type Catalogue, createCatalogue } from './goods/catalogue.ts';
import { createProducts, type Products } from './goods/products.ts';
import { createMarkets, type Markets } from './rides/markets.ts';
import { createHotels, type Hotels } from './stays/hotels.ts';

/** Everything that can be bought, as it is: no seller, no format, no state. */
export interface World {
  /** The same seed makes the same world. */
  readonly seed: number;
  readonly network: Network;
  readonly timetable: Timetable;
  readonly hotels: Hotels;
  readonly products: Products;
  readonly catalogue: Catalogue;
  readonly markets: Markets;
}

/** The world of a seed. Nothing is made before it is asked for, and what was made is kept only as a bounded cache. */
export function createWorld(seed: number): World {
  const network = createNetwork(seed);
  const products = createProducts(seed);
  return {
    seed,
    network,
    timetable: createTimetable(network),
    hotels: createHotels(seed),
    products,
    catalogue: createCatalogue(products),
    markets: createMarkets(seed),
  };
}
