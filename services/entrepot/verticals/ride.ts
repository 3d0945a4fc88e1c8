import { type Command, InvalidArgumentError } from 'commander';
import { dateOrRefuse, whole } from './arguments.ts';
import { clip, figure, words } from './cells.ts';
import type { RunSearch, TerminalVertical } from './vertical.ts';

interface RideOptions {
  readonly at?: string;
  readonly passengers: number;
  readonly luggage: number;
  readonly from?: string;
  readonly to?: string;
}

interface JsonRide {
  readonly productName?: string;
  readonly operatorName?: string;
  readonly rideClass?: string;
  readonly capacity?: number;
  readonly luggageCapacity?: number;
  readonly propulsion?: string;
  readonly pickupEtaMinutes?: number;
  readonly durationMinutes?: number;
  readonly surgeMultiplier?: number;
  readonly priceKind?: string;
}

interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

const examples = `
A place is degrees north and east between a comma, or an airport's IATA code. South and west are negative; write S and W behind
the number instead where a place would begin with a minus: 33.94S,151.18E.

Examples:
  entrepot search ride 51.50,-0.12 51.47,-0.45 --currency GBP
  entrepot search ride LHR 51.50,-0.12 --at +7dT18:30 --passengers 5 --luggage 4 --to "Westminster Bridge"
  entrepot search ride 51.50,-0.12 LHR --filter 'capacity >= 4 && propulsion == "ELECTRIC" && price < 80.0'
A price that is a range is shown with both bounds; it is ordered and filtered by the upper one.
`;

/** Rides. */
export const ride: TerminalVertical = {
  name: 'ride',

  describe<Options>(command: Command, run: RunSearch<Options>) {
    command
      .description('Rides from door to door.')
      .argument('<pickup>', 'where it starts: 51.50,-0.12, or an airport: LHR')
      .argument('<dropoff>', 'where it ends')
      .option('--at <time>', 'local time of the pickup: 2027-01-22T18:30, +7dT18:30; without it, as soon as possible')
      .option('--passengers <count>', 'passengers', whole, 1)
      .option('--luggage <count>', 'pieces of luggage', whole, 0)
      .option('--from <address>', 'address of the pickup, for the driver')
      .option('--to <address>', 'address of the dropoff')
      .addHelpText('after', examples)
      .action(async (pickup: string, dropoff: string, options: Options & RideOptions) => {
        const { at, passengers, luggage, from, to } = options;
        await run(options, {
          ride: {
            pickup: { point: await point(pickup), ...(from && { address: from }) },
            dropoff: { point: await point(dropoff), ...(to && { address: to }) },
            ...(at && { pickupAt: localTime(at) }),
            passengers,
            luggage,
          },
        });
      });
  },

  headings: ['ride', 'class', '>seats', '>bags', 'runs on', '>pickup', '>time', '>surge', 'price is', 'operator'],

  cells({ item }) {
    const found = item?.ride as JsonRide | undefined;
    const minutes = (value: number | undefined): string => (value === undefined ? '' : `${value} min`);
    return [
      clip(found?.productName ?? '', 24),
      words(found?.rideClass, 'RIDE_CLASS_'),
      figure(found?.capacity),
      figure(found?.luggageCapacity),
      words(found?.propulsion, 'PROPULSION_'),
      minutes(found?.pickupEtaMinutes),
      minutes(found?.durationMinutes),
      found?.surgeMultiplier === undefined || found.surgeMultiplier === 1 ? '' : `×${found.surgeMultiplier}`,
      words(found?.priceKind, 'PRICE_KIND_'),
      clip(found?.operatorName ?? '', 18),
    ];
  },
};

/** "51.50,-0.12", "33.94S,151.18E", or the position of an airport or city. */
async function point(text: string): Promise<Point> {
  const match = /^(-?\d{1,2}(?:\.\d+)?)([NS]?),\s*(-?\d{1,3}(?:\.\d+)?)([EW]?)$/i.exec(text.trim());
  if (match !== null) {
    const [, north, latitudeSide = '', east, longitudeSide = ''] = match;
    return {
      latitude: Number(north) * (latitudeSide.toUpperCase() === 'S' ? -1 : 1),
      longitude: Number(east) * (longitudeSide.toUpperCase() === 'W' ? -1 : 1),
    };
  }
  // Only now: the places of the world take a while to load.
  const { findPlace } = await import('../../../libs/reference/index.ts');
  const place = findPlace(text.toUpperCase());
  if (place === undefined) {
    throw new InvalidArgumentError(`"${text}" is no place; write 51.50,-0.12 or an IATA code.`);
  }
  return { latitude: place.latitude, longitude: place.longitude };
}

/** A date, or days from today, with a time of day behind "T"; the clock is that of the pickup place. */
function localTime(text: string): string {
  const [date = '', time = ''] = text.split('T');
  if (!/^\d\d:\d\d$/.test(time)) {
    throw new InvalidArgumentError(`"${text}" is no time; write 2027-01-22T18:30 or +7dT18:30.`);
  }
  return `${dateOrRefuse(date, Temporal.Now.plainDateISO())}T${time}`;
}
