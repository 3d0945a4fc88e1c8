import { type Command, Option } from 'commander';
import { ages, dateOrRefuse, iata, whole } from './arguments.ts';
import { clip, minute, words } from './cells.ts';
import type { RunSearch, TerminalVertical } from './vertical.ts';

interface FlightOptions {
  readonly return?: string;
  readonly adults: number;
  readonly children?: readonly number[];
  readonly cabin?: string;
}

interface JsonTime {
  readonly dateTime: string;
}

interface JsonFlight {
  readonly departure?: JsonTime;
  readonly arrival?: JsonTime;
  readonly stops?: number;
  readonly durationMinutes?: number;
  readonly fareBrand?: string;
  readonly cabin?: string;
  readonly checkedBags?: number;
  readonly slices?: readonly {
    readonly segments?: readonly { readonly marketingCarrier: string; readonly marketingFlightNumber: string }[];
  }[];
}

const examples = `
Examples:
  entrepot search flight LHR JFK +60d --currency GBP
  entrepot search flight LON NYC +60d --return +7d --adults 2 --children 9 --order best
  entrepot search flight LHR JFK +60d --filter 'stops == 0 && departure_minute_of_day < 720' --json
`;

/** Flights. */
export const flight: TerminalVertical = {
  name: 'flight',

  describe<Options>(command: Command, run: RunSearch<Options>) {
    command
      .description('Flights from one place to another.')
      .argument('<origin>', 'IATA code of an airport or city: LHR, LON', iata)
      .argument('<destination>', 'IATA code of an airport or city', iata)
      .argument('<departure>', 'date: 2027-01-22, or from today: +60d, +8w')
      .option('--return <date>', 'date of the way back; +7d counts from the departure')
      .option('--adults <count>', 'travellers of 12 years and older', whole, 1)
      .option('--children <ages>', 'ages of the children: 5,9', ages)
      .addOption(
        new Option('--cabin <cabin>', 'lowest cabin wanted').choices([
          'economy',
          'premium_economy',
          'business',
          'first',
        ]),
      )
      .addHelpText('after', examples)
      .action(async (origin: string, destination: string, departure: string, options: Options & FlightOptions) => {
        const departureDate = dateOrRefuse(departure, Temporal.Now.plainDateISO());
        const returnDate = options.return && dateOrRefuse(options.return, Temporal.PlainDate.from(departureDate));
        await run(options, {
          flight: {
            origin,
            destination,
            departureDate,
            ...(returnDate && { returnDate }),
            adults: options.adults,
            childAges: options.children ?? [],
            ...(options.cabin && { cabin: `CABIN_${options.cabin.toUpperCase()}` }),
          },
        });
      });
  },

  headings: ['flights', 'depart', 'arrive', '>time', 'stops', 'fare', 'bags'],

  cells({ item }) {
    const found = item?.flight as JsonFlight | undefined;
    const numbers = (found?.slices ?? []).map((slice) =>
      (slice.segments ?? []).map((segment) => segment.marketingCarrier + segment.marketingFlightNumber).join('+'),
    );
    return [
      clip(numbers.join(' / '), 34),
      minute(found?.departure?.dateTime),
      minute(found?.arrival?.dateTime),
      found?.durationMinutes === undefined
        ? ''
        : `${Math.floor(found.durationMinutes / 60)}h${String(found.durationMinutes % 60).padStart(2, '0')}`,
      found?.stops === undefined ? '' : found.stops === 0 ? 'direct' : String(found.stops),
      clip(found?.fareBrand ?? words(found?.cabin, 'CABIN_'), 16),
      found?.checkedBags === undefined ? '?' : String(found.checkedBags),
    ];
  },
};
