import type { Command } from 'commander';
import { ages, dateOrRefuse, iata, whole } from './arguments.ts';
import { clip, figure, words } from './cells.ts';
import type { RunSearch, TerminalVertical } from './vertical.ts';

interface StayOptions {
  readonly adults: number;
  readonly children?: readonly number[];
  readonly rooms: number;
  readonly radius?: number;
}

interface JsonStay {
  readonly propertyName?: string;
  readonly starRating?: number;
  readonly roomName?: string;
  readonly board?: string;
  readonly freeCancellation?: boolean;
  readonly distanceKm?: number;
}

const examples = `
Examples:
  entrepot search stay PMI +60d +5d --currency GBP
  entrepot search stay PAR 2027-04-02 +2d --filter 'free_cancellation && star_rating >= 4.0' --order best
`;

/** Places to stay. */
export const stay: TerminalVertical = {
  name: 'stay',

  describe<Options>(command: Command, run: RunSearch<Options>) {
    command
      .description('Places to stay around a city or airport.')
      .argument('<place>', 'IATA code of a city or airport: PMI', iata)
      .argument('<check-in>', 'date: 2027-01-22, or from today: +60d')
      .argument('[check-out]', 'date; +5d counts from the check-in', '+3d')
      .option('--rooms <count>', 'rooms, each for the same guests', whole, 1)
      .option('--adults <count>', 'adults in each room', whole, 2)
      .option('--children <ages>', 'ages of the children in each room: 5,9', ages)
      .option('--radius <km>', 'kilometres around the place', Number)
      .addHelpText('after', examples)
      .action(async (place: string, arrival: string, departure: string, options: Options & StayOptions) => {
        const checkIn = dateOrRefuse(arrival, Temporal.Now.plainDateISO());
        await run(options, {
          stay: {
            place,
            checkIn,
            checkOut: dateOrRefuse(departure, Temporal.PlainDate.from(checkIn)),
            rooms: Array.from({ length: options.rooms }, () => ({
              adults: options.adults,
              childAges: options.children ?? [],
            })),
            ...(options.radius !== undefined && { radiusKm: options.radius }),
          },
        });
      });
  },

  headings: ['property', 'stars', 'room', 'board', 'cancel', '>km'],

  cells({ item }) {
    const found = item?.stay as JsonStay | undefined;
    return [
      clip(found?.propertyName ?? '', 32),
      found?.starRating === undefined ? '' : '★'.repeat(Math.floor(found.starRating)),
      clip(found?.roomName ?? '', 24),
      words(found?.board, 'BOARD_'),
      found?.freeCancellation === true ? 'free' : found?.freeCancellation === false ? 'costs' : '?',
      figure(found?.distanceKm, 1),
    ];
  },
};
