// Criteria of any vertical as words and options: what `entrepot search …` takes, for the one vertical that a partner sells.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ages, dateOrRefuse, iata, upper, whole } from '../verticals/arguments.ts';

/** Options that say what is sought, and where. */
export interface CriteriaOptions {
  readonly return?: string;
  readonly adults?: number;
  readonly children?: readonly number[];
  readonly cabin?: string;
  readonly rooms: number;
  readonly radius?: number;
  readonly gtin?: string;
  readonly brand?: string;
  readonly mpn?: string;
  readonly at?: string;
  readonly passengers: number;
  readonly luggage: number;
  readonly criteria?: string;
  readonly locale?: string;
  readonly currency: string;
  readonly market: string;
}

/** Adds them to a command. */
export function withCriteria(command: Command): Command {
  return command
    .option('--return <date>', 'flight: date of the way back; +7d counts from the departure')
    .option('--adults <count>', 'flight, stay: travellers, or guests in each room', whole)
    .option('--children <ages>', 'flight, stay: ages of the children: 5,9', ages)
    .addOption(
      new Option('--cabin <cabin>', 'flight: lowest cabin').choices([
        'economy',
        'premium_economy',
        'business',
        'first',
      ]),
    )
    .option('--rooms <count>', 'stay: rooms, each for the same guests', whole, 1)
    .option('--radius <km>', 'stay: kilometres around the place', Number)
    .option('--gtin <number>', 'good: its GTIN (EAN, UPC, ISBN)')
    .option('--brand <name>', 'good: the maker, with --mpn')
    .option('--mpn <number>', "good: the maker's part number")
    .option('--at <date-time>', 'ride: local time of the pickup, "2027-01-22T18:30"; without it, now')
    .option('--passengers <count>', 'ride: passengers', whole, 1)
    .option('--luggage <count>', 'ride: pieces of luggage', whole, 0)
    .option('--criteria <json>', 'criteria as the API takes them, instead of all of these')
    .option('--locale <tag>', 'language of texts, BCP 47: de-AT; without it, en-GB')
    .option('--currency <code>', 'currency asked for, ISO 4217', upper, 'EUR')
    .option('--market <code>', 'market asked for, ISO 3166-1', upper, 'GB');
}

/** How criteria are written, for --help. */
export const criteriaHelp = `
Criteria, by what the partner sells:
  flight   LHR JFK +60d [--return +7d] [--adults 2] [--children 5,9] [--cabin business]
  stay     PMI +60d [+5d] [--rooms 1] [--adults 2] [--children 5] [--radius 10]
  good     cordless drill      or  --gtin 4006381333931      or  --brand DeWalt --mpn DCD796N
  ride     51.5074,-0.1278 51.4700,-0.4543 [--at 2027-01-22T18:30] [--passengers 2]
  any      --criteria '{"flight":{"origin":"LHR","destination":"JFK","departureDate":"2027-01-22","adults":1}}'`;

/**
 * Criteria as the API takes them: {flight: {…}}; undefined where none are given.
 *
 * @param words what stands behind the partner's name; its vertical's name may come first
 * @throws InvalidArgumentError for what cannot be understood
 */
export function criteriaOf(
  vertical: string,
  words: readonly string[],
  options: CriteriaOptions,
): Record<string, unknown> | undefined {
  if (options.criteria !== undefined) return readJson(options.criteria);
  const said = words[0] === vertical ? words.slice(1) : words;
  const given = said.length > 0 || options.gtin !== undefined || options.mpn !== undefined;
  if (!given) return undefined;
  const read = readers[vertical];
  if (read === undefined) throw new InvalidArgumentError(`Criteria of ${vertical} are given by --criteria.`);
  return { [vertical]: read(said, options) };
}

type Reader = (words: readonly string[], options: CriteriaOptions) => Record<string, unknown>;

const readers: Readonly<Record<string, Reader>> = {
  flight([origin, destination, departure], { children = [], cabin, adults = 1, ...options }) {
    const departureDate = dateOrRefuse(needed(departure, 'a date of departure'), Temporal.Now.plainDateISO());
    return {
      origin: iata(needed(origin, 'an origin')),
      destination: iata(needed(destination, 'a destination')),
      departureDate,
      ...(options.return && { returnDate: dateOrRefuse(options.return, Temporal.PlainDate.from(departureDate)) }),
      adults,
      childAges: children,
      ...(cabin && { cabin: `CABIN_${cabin.toUpperCase()}` }),
    };
  },
  stay([place, arrival, departure = '+3d'], { rooms, adults = 2, children = [], radius }) {
    const checkIn = dateOrRefuse(needed(arrival, 'a date of arrival'), Temporal.Now.plainDateISO());
    return {
      place: iata(needed(place, 'a place')),
      checkIn,
      checkOut: dateOrRefuse(departure, Temporal.PlainDate.from(checkIn)),
      rooms: Array.from({ length: rooms }, () => ({ adults, childAges: children })),
      ...(radius !== undefined && { radiusKm: radius }),
    };
  },
  good(words, { gtin, brand, mpn }) {
    return {
      ...(words.length > 0 && { query: words.join(' ') }),
      ...(gtin !== undefined && { gtin }),
      ...(brand !== undefined && { brand }),
      ...(mpn !== undefined && { mpn }),
    };
  },
  ride([pickup, dropoff], { at, passengers, luggage }) {
    return {
      pickup: { point: point(needed(pickup, 'a pickup')) },
      dropoff: { point: point(needed(dropoff, 'a dropoff')) },
      ...(at !== undefined && { pickupAt: at }),
      passengers,
      luggage,
    };
  },
};

function needed(word: string | undefined, what: string): string {
  if (word === undefined) throw new InvalidArgumentError(`Expected ${what}.${criteriaHelp}`);
  return word;
}

function point(text: string): { latitude: number; longitude: number } {
  const [, latitude, longitude] = /^(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (latitude === undefined || longitude === undefined) {
    throw new InvalidArgumentError(`"${text}" is no position; write latitude,longitude: 51.5074,-0.1278.`);
  }
  return { latitude: Number(latitude), longitude: Number(longitude) };
}

function readJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('--criteria takes a JSON object: {"flight": {…}}.');
}
