// Sets of pricing rules as a marketplace has them, and offers that they meet: a few rules for everybody, and many that each are for
// some partner, market, brand, airline, cabin or time of day. A marketplace that has more rules has more markets and partners: what
// grows with them is how many rules there are, far more than how many an offer has.
import { columnBuilder, PriceColumnsBuilder } from '../../libs/columns/index.ts';
import type { PriceBatch } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';

const allMarkets = [
  'GB',
  'DE',
  'FR',
  'NL',
  'IE',
  'ES',
  'IT',
  'PL',
  'SE',
  'NO',
  'DK',
  'FI',
  'AT',
  'BE',
  'PT',
  'CZ',
  'CH',
  'US',
  'CA',
  'AU',
];
const brands = 60;
const airlines = 300;

/** How many markets and partners a set of so many rules is for. */
function sizeOf(rules: number): { markets: number; partners: number } {
  if (rules > 1_000) return { markets: 20, partners: 100 };
  return { markets: 4, partners: 8 };
}
const cabins = ['ECONOMY', 'PREMIUM_ECONOMY', 'BUSINESS', 'FIRST'] as const;

/** The market, partner and client that the offers are of. */
export const asked = { market: 'GB', partner: 'partner-7', client: 'client-1' };

/** Numbers from 0 up to 1 that are the same in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** `rules.yaml` with so many rules. */
export function rulesYaml(count: number): string {
  const next = generator(7);
  const pick = (most: number): number => Math.floor(next() * most);
  const { markets, partners } = sizeOf(count);
  const market = (): string => allMarkets[pick(markets)]!;
  const everybody = [
    { priority: 100, apply: '{ percentage: "2.5" }' },
    { priority: 90, apply: '{ fixed: { amount: "1.20", currency: EUR } }' },
    { priority: 10, apply: '{ percentage: "0.4", cap: { amount: "5.00", currency: EUR } }' },
    { priority: -100, apply: '{ limit: { least_margin: "0.5" } }' },
  ];
  const conditions = [
    () => `market == "${market()}" && partner == "partner-${pick(partners)}" && fare_brand == "brand ${pick(brands)}"`,
    () =>
      `market in ["${market()}", "${market()}"] && "A${pick(airlines)}" in carriers && cabin == "${cabins[pick(4)]}"`,
    () =>
      `partner == "partner-${pick(partners)}" && fare_brand in ["brand ${pick(brands)}", "brand ${pick(brands)}"] && stops == 0`,
    () => `market == "${market()}" && "A${pick(airlines)}" in carriers && departure_minute_of_day < ${pick(1_440)}`,
    () =>
      `market != "${market()}" && partner == "partner-${pick(partners)}" && fare_brand == "brand ${pick(brands)}" && cabin == "${cabins[pick(4)]}"`,
  ];
  const rules = everybody
    .slice(0, count)
    .map(
      ({ priority, apply }, at) =>
        `  - name: all-${at}\n    description: For everybody\n    vertical: flight\n    priority: ${priority}\n    apply: ${apply}\n`,
    );
  for (let at = rules.length; at < count; at++) {
    const when = conditions[at % conditions.length]!();
    const percentage = ((pick(80) - 30) / 10).toFixed(1);
    rules.push(
      `  - name: some-${at}\n    description: For some\n    vertical: flight\n    priority: ${50 - pick(4) * 10}\n    when: '${when}'\n    apply: { percentage: "${percentage}" }\n`,
    );
  }
  return count === 0 ? 'rules: []\n' : `rules:\n${rules.join('')}`;
}

/** Flights of one partner. */
export function flights(count: number): PriceBatch {
  const next = generator(11);
  const pick = (most: number): number => Math.floor(next() * most);
  const prices = new PriceColumnsBuilder(count);
  const columns = {
    stops: columnBuilder('int', count),
    fare_brand: columnBuilder('string', count),
    carriers: columnBuilder('string_list', count),
    cabin: columnBuilder('enum', count),
    departure_minute_of_day: columnBuilder('int', count),
  };
  for (let row = 0; row < count; row++) {
    prices.push(next() < 0.5 ? 'EUR' : 'USD', 5_000 + pick(200_000), -1, next() < 0.1 ? pick(2_000) : 0, 1);
    columns.stops.push(pick(3));
    columns.fare_brand.push(next() < 0.1 ? undefined : `brand ${pick(brands)}`);
    columns.carriers.push(Array.from({ length: 1 + pick(2) }, () => `A${pick(airlines)}`));
    columns.cabin.push(cabins[pick(4)]!);
    columns.departure_minute_of_day.push(pick(1_440));
  }
  const built = Object.entries(columns).map(([name, builder]) => builder.build(name));
  return {
    batchId: 1,
    partner: asked.partner,
    prices: prices.build(),
    columns: { rowCount: count, columns: built },
    partnerRates: [],
  };
}
