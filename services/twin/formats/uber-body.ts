import { amountText, minorPerUnit, toMinor } from '../money.ts';
import { fractionOf } from '../random.ts';
import type { RideClass } from '../rides/fleets.ts';
import { listsFleet, type Product, writeCode } from '../rides/sellers.ts';
import { etaSeconds, fareOf, type Point, surgeOf, type Trip, tripBetween } from '../rides/trips.ts';
import { type BrokenPrice, brokenPrice, isDuplicated } from '../scenario.ts';
import type { World } from '../world.ts';
import type { Seller } from './format.ts';

const kmPerMile = 1.609344;

const names: Record<RideClass['key'], readonly [name: string, about: string, group: string]> = {
  economy: ['RideX', 'Everyday rides', 'rideshare'],
  standard: ['Comfort', 'Newer cars with more room', 'rideshare'],
  taxi: ['Taxi', 'Local taxis, the fare is what the meter says', 'taxi'],
  van: ['RideXL', 'Rides for groups up to 6', 'suv'],
  executive: ['Black', 'Premium rides in luxury cars', 'luxury'],
  electric: ['Green', 'Electric cars', 'rideshare'],
  moto: ['Moto', 'One passenger, one helmet', 'moto'],
  shared: ['Share', 'One or two seats, shared with others', 'rideshare'],
};

/** A product for a place and a time. */
export interface UberProduct extends Product {
  readonly id: string;
  readonly name: string;
  readonly metered: boolean;
  /** The price is said before and holds. */
  readonly upfront: boolean;
}

/** What the seller has where somebody stands. */
export function productsAt(world: World, seller: Seller, from: Point): UberProduct[] {
  const market = world.markets.at(from.latitude, from.longitude);
  if (market === undefined) return [];
  // A network of drivers, and the first taxi company under its roof.
  const taxi = market.fleets.find(({ kind }) => kind === 'taxi');
  return market.fleets
    .filter((fleet) => (fleet.kind === 'network' || fleet === taxi) && listsFleet(world.seed, seller, fleet))
    .flatMap((fleet) => fleet.classes.map((rideClass) => productOf(world, seller, { market, fleet, rideClass })));
}

/** A product with what the seller calls it. */
export function productOf(world: World, seller: Seller, product: Product): UberProduct {
  const { fleet, rideClass } = product;
  const metered = fleet.pricing === 'METERED';
  return {
    ...product,
    id: writeCode(world.seed, seller, fleet, rideClass),
    name: names[rideClass.key][0],
    metered,
    upfront: !metered && rideClass.key === 'executive',
  };
}

/** An entry of products, or a product alone. */
export function productJson({ id, name, rideClass, fleet, market, metered, upfront }: UberProduct): object {
  const { tariff } = fleet;
  const amount = (cents: number): number =>
    toMinor(cents * rideClass.factor, market.currency) / minorPerUnit(market.currency);
  return {
    upfront_fare_enabled: upfront,
    capacity: rideClass.seats,
    product_id: id,
    price_details: metered
      ? null
      : {
          service_fees: [],
          cost_per_minute: amount(tariff.perMinute),
          distance_unit: 'mile',
          minimum: amount(tariff.minimum),
          cost_per_distance: amount(tariff.perKm * kmPerMile),
          base: amount(tariff.base),
          cancellation_fee: amount(500),
          currency_code: market.currency,
        },
    image: `http://cars.twin.example/${rideClass.key}.jpg`,
    cash_enabled: false,
    shared: rideClass.key === 'shared',
    short_description: name,
    display_name: name,
    product_group: names[rideClass.key][2],
    description: names[rideClass.key][1],
  };
}

/** What a product costs on a trip. */
export interface UberPrice {
  readonly product: UberProduct;
  readonly trip: Trip;
  readonly surge: number;
  /** Minor units. */
  readonly minor: number;
}

/** The price of a product; `factor` multiplies it. */
export function priceOf(
  world: World,
  seller: Seller,
  product: UberProduct,
  from: Point,
  to: Point,
  now: number,
  factor = 1,
): UberPrice {
  const { market, fleet, rideClass, metered } = product;
  const trip = tripBetween(from, to, market, now);
  const surge = metered ? 1 : surgeOf(world.seed, market, rideClass, now);
  return {
    product,
    trip,
    surge,
    minor: Math.round(fareOf(market, fleet, rideClass, trip, surge * seller.margin) * factor),
  };
}

/** The entries of prices/estimates: two where the product is sold twice. */
export function priceEntries(world: World, seller: Seller, price: UberPrice): object[] {
  const { id } = price.product;
  const broken = brokenPrice(seller.scenario, world.seed, seller.name, id);
  const entry = priceJson(price, broken);
  return isDuplicated(seller.scenario, world.seed, seller.name, id) ? [entry, entry] : [entry];
}

function priceJson(price: UberPrice, broken: BrokenPrice | undefined): object {
  const { product, trip, surge } = price;
  const { currency } = product.market;
  const range = rangeOf(price);
  return {
    localized_display_name: product.name,
    distance: Math.round((trip.km / kmPerMile) * 100) / 100,
    display_name: product.name,
    product_id: product.id,
    ...bounds(range, broken),
    duration: trip.minutes * 60,
    estimate: range === undefined ? 'Metered' : displayOf(price, range),
    ...currencyField(range === undefined ? null : currency, broken),
    // Older answers have no surge where there is none; newer ones always say 1.
    ...(surge > 1 || product.fleet.index % 2 === 0 ? { surge_multiplier: surge } : {}),
  };
}

type Range = readonly [low: number, high: number];

/** Whole units of the currency, from and to; undefined for what the meter will say. */
export function rangeOf({ product, minor }: UberPrice): Range | undefined {
  if (product.metered) return undefined;
  const unit = minorPerUnit(product.market.currency);
  if (product.upfront) return [Math.round(minor / unit), Math.round(minor / unit)];
  return [Math.floor((minor * 0.92) / unit), Math.ceil((minor * 1.15) / unit)];
}

/** The range in words. Shared rides are said to be cheaper than they may become, upfront ones are exact. */
export function displayOf({ product, minor }: UberPrice, [low, high]: Range): string {
  const { currency } = product.market;
  const symbol = { USD: '$', EUR: '€', GBP: '£', JPY: '¥' }[currency] ?? currency;
  if (product.upfront) return `${symbol}${amountText(minor, currency)}`;
  const to = product.rideClass.key === 'shared' ? Math.max(low, high - 1) : high;
  return low === to ? `${symbol}${low}` : `${symbol}${low}-${to}`;
}

function bounds(range: Range | undefined, broken: BrokenPrice | undefined): object {
  const [low, high] = range ?? [null, null];
  if (broken === 'missingAmount' || low === null || high === null) return { high_estimate: null, low_estimate: null };
  if (broken === 'negative') return { high_estimate: -high, low_estimate: -low };
  if (broken === 'notANumber') return { high_estimate: 'NaN', low_estimate: 'NaN' };
  if (broken === 'excessPrecision') return { high_estimate: high + 0.12345, low_estimate: low + 0.12345 };
  if (broken === 'minorUnits') return { high_estimate: high * 100, low_estimate: low * 100 };
  return { high_estimate: high, low_estimate: low };
}

function currencyField(currency: string | null, broken: BrokenPrice | undefined): object {
  if (broken === 'missingCurrency') return {};
  return { currency_code: broken === 'unknownCurrency' ? 'QQQ' : currency };
}

/** Entries of time estimates: products without a free car are not there. */
export function timeJson(world: World, product: UberProduct, from: Point, now: number): object | undefined {
  const estimate = etaSeconds(world.seed, product.fleet, product.rideClass, from, now);
  if (estimate === undefined) return undefined;
  const { name, id } = product;
  return { localized_display_name: name, estimate, display_name: name, product_id: id };
}

/** The id under which a surge is agreed to: of a product, for the ten minutes that it lasts. */
export function surgeConfirmation(world: World, { product, surge }: UberPrice, now: number): string {
  const slot = Math.floor(now / 600_000);
  return Math.floor(fractionOf(`${world.seed}|confirm|${product.id}|${surge}|${slot}`) * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
}

/** Miles with one digit, as request estimates have them. */
export function milesOf({ km }: Trip): number {
  return Math.round((km / kmPerMile) * 10) / 10;
}
