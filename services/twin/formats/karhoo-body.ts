import { amountText, minorPerUnit } from '../money.ts';
import { drawsOf, fractionOf } from '../random.ts';
import type { Fleet, RideClass } from '../rides/fleets.ts';
import type { Market } from '../rides/markets.ts';
import { listsFleet, writeCode } from '../rides/sellers.ts';
import { etaSeconds, fareOf, tripBetween } from '../rides/trips.ts';
import { brokenPrice, isDuplicated } from '../scenario.ts';
import type { World } from '../world.ts';
import type { Seller } from './format.ts';
import { type KarhooRequest, writeQuoteId } from './karhoo-keys.ts';

/** A fleet's answer to a request. */
export interface KarhooQuote {
  readonly id: string;
  readonly fleet: Fleet;
  readonly rideClass: RideClass;
  readonly market: Market;
  /** Minor units, from and to. */
  readonly low: number;
  readonly high: number;
  /** Share of the time that quotes take after which it is there. */
  readonly after: number;
  /** Minutes until the vehicle is there. */
  readonly minutes: readonly [low: number, high: number];
}

/** What the partner calls classes, with its type. */
export const vehicleClasses: Record<RideClass['key'], readonly [name: string, type: string]> = {
  economy: ['Saloon', 'standard'],
  standard: ['Saloon', 'standard'],
  taxi: ['Taxi', 'standard'],
  van: ['MPV', 'mpv'],
  executive: ['Exec', 'standard'],
  electric: ['Electric', 'standard'],
  moto: ['Moto', 'moto'],
  shared: ['Saloon', 'standard'],
};

/** Every quote that a request will have in the end. */
export function quotesOf(world: World, seller: Seller, request: KarhooRequest, listId: string): KarhooQuote[] {
  const { from, to, pickUp, created } = request;
  const market = world.markets.at(from.latitude, from.longitude);
  if (market === undefined) return [];
  const at = pickUp ?? created;
  const trip = tripBetween(from, to, market, at);
  const quotes: KarhooQuote[] = [];
  for (const fleet of market.fleets) {
    if (!listsFleet(world.seed, seller, fleet)) continue;
    // All classes of a fleet come in one answer.
    const after = fractionOf(`${world.seed}|${seller.salt}|after|${listId}|${fleet.id}`) ** 2;
    for (const rideClass of fleet.classes) {
      const eta = pickUp === undefined ? etaSeconds(world.seed, fleet, rideClass, from, created) : 0;
      if (eta === undefined || rideClass.key === 'shared') continue;
      const minor = fareOf(market, fleet, rideClass, trip, seller.margin);
      const spread = fleet.pricing === 'FIXED' ? 0 : fleet.pricing === 'ESTIMATED' ? 0.05 : 0.12;
      const minutes = Math.ceil(eta / 60);
      quotes.push({
        id: writeQuoteId(listId, writeCode(world.seed, seller, fleet), rideClass.key),
        fleet,
        rideClass,
        market,
        low: Math.round(minor * (1 - spread)),
        high: Math.round(minor * (1 + spread)),
        after,
        minutes: [minutes, minutes + (fleet.index % 2) * 3],
      });
    }
  }
  return quotes;
}

/** A quote as it is listed, twice where it is sold twice. `factor` multiplies its price. */
export function quoteEntries(world: World, seller: Seller, quote: KarhooQuote): object[] {
  const entry = quoteJson(world, seller, quote, 1, true);
  const name = nameOf(quote);
  return isDuplicated(seller.scenario, world.seed, seller.name, name) ? [entry, entry] : [entry];
}

/** What a quote is whenever it was asked for. */
export function nameOf({ fleet, rideClass }: KarhooQuote): string {
  return `${fleet.id}|${rideClass.key}`;
}

/** One quote. */
export function quoteJson(world: World, seller: Seller, quote: KarhooQuote, factor: number, listed: boolean): object {
  const { fleet, rideClass, id } = quote;
  const draws = drawsOf(`${world.seed}|${seller.salt}|fleet|${fleet.id}`);
  const [name, type] = vehicleClasses[rideClass.key];
  const code = writeCode(world.seed, seller, fleet);
  const tags = [
    ...(fleet.propulsion === 'electric' || rideClass.key === 'electric' ? ['electric'] : []),
    ...(fleet.propulsion === 'hybrid' && rideClass.key !== 'electric' ? ['hybrid'] : []),
    ...(rideClass.key === 'taxi' ? ['taxi'] : []),
    ...(rideClass.key === 'executive' ? ['executive'] : []),
  ];
  return {
    fleet: {
      capabilities: ['train_tracking', 'flight_tracking', 'gps_tracking', 'driver_details', 'vehicle_details'].slice(
        draws.integer(0, 3),
      ),
      description: draws.chance(0.3)
        ? ''
        : `${fleet.name}: ${fleet.city.name}'s drivers since ${draws.integer(1958, 2019)}`,
      id: code,
      logo_url: `https://fleets.${seller.name}.example/${code}.png`,
      name: draws.chance(0.2) ? `${fleet.name} (${fleet.city.name})` : fleet.name,
      phone_number: fleet.phone,
      rating: fleet.rating === undefined ? {} : { count: draws.integer(3, 900), score: Math.round(fleet.rating * 20) },
      terms_conditions_url: `https://fleets.${seller.name}.example/terms/${code}`,
    },
    id,
    pick_up_type: draws.pick(['DEFAULT', 'DEFAULT', 'MEET_AND_GREET', 'CURBSIDE', 'STANDBY']),
    price: listed
      ? priceJson(world, seller, quote)
      : {
          currency_code: quote.market.currency,
          high: Math.round(quote.high * factor),
          low: Math.round(quote.low * factor),
        },
    quote_type: fleet.pricing,
    source: draws.chance(0.15) ? 'MARKET' : 'FLEET',
    vehicle: {
      class: name,
      tags,
      qta: { high_minutes: quote.minutes[1], low_minutes: quote.minutes[0] },
      type,
      luggage_capacity: rideClass.luggage,
      passenger_capacity: rideClass.seats,
    },
    // Some fleets have agreed on none.
    ...(draws.chance(0.25)
      ? {}
      : {
          service_level_agreements: {
            free_cancellation: draws.chance(0.5)
              ? { type: 'TimeBeforePickup', minutes: 5 }
              : { type: 'BeforeDriverEnRoute' },
            free_waiting_time: { minutes: 5 },
          },
        }),
  };
}

function priceJson(world: World, seller: Seller, quote: KarhooQuote): object {
  const { low, high, market } = quote;
  const broken = brokenPrice(seller.scenario, world.seed, seller.name, nameOf(quote));
  const currency =
    broken === 'missingCurrency' ? {} : { currency_code: broken === 'unknownCurrency' ? 'QQQ' : market.currency };
  switch (broken) {
    case 'negative':
      return { ...currency, high: -high, low: -low };
    case 'notANumber':
      return { ...currency, high: 'NaN', low: 'NaN' };
    case 'missingAmount':
      return currency;
    case 'excessPrecision':
      // Major units where minor ones belong.
      return {
        ...currency,
        high: Number(amountText(high, market.currency)) + 0.125 / minorPerUnit(market.currency),
        low: Number(amountText(low, market.currency)) + 0.125 / minorPerUnit(market.currency),
      };
    case 'minorUnits':
      return { ...currency, high: high * 100, low: low * 100 };
    default:
      return { ...currency, high, low };
  }
}
