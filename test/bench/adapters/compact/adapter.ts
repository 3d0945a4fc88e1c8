// The benchmark's own partner format: see rows.ts for its shape.
import { Cabin } from '../../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { FailureKind } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { TaxBasis } from '../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { parseAmount } from '../../../../libs/money/index.ts';
import { airportZone, localToEpochMs, utcOffsetMinutes } from '../../../../libs/reference/index.ts';
import { type Adapter, Rejection } from '../../../../services/supply/adapter.ts';
import type { CompactRow } from '../../rows.ts';

const zones = { LHR: airportZone('LHR') ?? 'Europe/London', JFK: airportZone('JFK') ?? 'America/New_York' };

const localTime = (local: string, timeZone: string) => ({
  dateTime: local,
  timeZone,
  utcOffsetMinutes: utcOffsetMinutes(localToEpochMs(local, timeZone) ?? 0, timeZone),
});

const minor = (text: string, currency: string): number => {
  const amount = parseAmount(text, currency);
  if ('rejected' in amount) throw new Rejection(amount.rejected, amount.example);
  return amount.minor;
};

const segmentKeys = (row: CompactRow): string[] => [
  `${row.operator}|${row.number}|${row.departs.slice(0, 10)}|${row.from}|${row.to}|${row.departs.slice(11, 16)}|${row.arrives.slice(0, 16)}`,
];

/** Reads compact answers. */
export const adapter: Adapter<CompactRow, { offers: CompactRow[] }> = {
  vertical: 'flight',
  ask: () => ({ method: 'GET', path: '/search', headers: { accept: 'application/json' } }),
  readError: (status) => ({ failure: FailureKind.SERVER_ERROR, detail: `HTTP ${status}` }),
  read: (body) => ({ rows: body.offers }),
  columns: {
    segment_keys: segmentKeys,
    stops: (row) => (row.via === '' ? 0 : 1),
    duration_minutes: (row) => row.minutes,
    departure: (row) => localToEpochMs(row.departs, zones.LHR),
    arrival: (row) => localToEpochMs(row.arrives, zones.JFK),
    departure_minute_of_day: (row) => Number(row.departs.slice(11, 13)) * 60 + Number(row.departs.slice(14, 16)),
    carriers: (row) => [row.carrier],
    connections: (row) => (row.via === '' ? [] : [row.via]),
    cabin: (row) => row.cabin,
    fare_brand: (row) => row.brand,
    checked_bags: (row) => row.bags,
    refundable: (row) => row.refundable,
    changeable: (row) => row.changeable,
    emissions_kg: (row) => row.co2,
  },
  price: (row) => ({
    currency: row.currency,
    totalMinor: minor(row.price, row.currency),
    taxMinor: minor(row.tax, row.currency),
    dueLaterMinor: 0,
    basis: TaxBasis.INCLUDED,
  }),
  expiresAt: (_row, context) => context.fetchedAt + context.manifest.defaults.lifetimeSeconds * 1000,
  item: (row) => {
    const departure = localTime(row.departs, zones.LHR);
    const arrival = localTime(row.arrives, zones.JFK);
    const cabin = row.cabin === 'BUSINESS' ? Cabin.BUSINESS : Cabin.ECONOMY;
    return {
      $case: 'flight',
      value: {
        segmentKeys: segmentKeys(row),
        stops: row.via === '' ? 0 : 1,
        durationMinutes: row.minutes,
        departure,
        arrival,
        departureMinuteOfDay: Number(row.departs.slice(11, 13)) * 60 + Number(row.departs.slice(14, 16)),
        carriers: [row.carrier],
        connections: row.via === '' ? [] : [row.via],
        cabin,
        fareBrand: row.brand,
        checkedBags: row.bags,
        refundable: row.refundable,
        changeable: row.changeable,
        emissionsKg: row.co2,
        slices: [
          {
            origin: row.from,
            destination: row.to,
            durationMinutes: row.minutes,
            segments: [
              {
                origin: row.from,
                destination: row.to,
                originTerminal: row.terminal,
                destinationTerminal: '',
                departure,
                arrival,
                durationMinutes: row.minutes,
                marketingCarrier: row.carrier,
                marketingFlightNumber: row.number,
                operatingCarrier: row.operator,
                operatingFlightNumber: row.number,
                aircraft: row.aircraft,
                cabin,
                fareBasis: row.basis,
                bookingClass: '',
              },
            ],
          },
        ],
      },
    };
  },
  verify: () => ({ method: 'GET', path: '/search', headers: {} }),
  readVerified: (body, _context, before) => {
    const row = body.offers.find((one) => one.id === before.id);
    return row === undefined ? { gone: 'No longer sold.' } : { row };
  },
  rowOfVerified: (body) => {
    const row = body.offers[0];
    if (row === undefined) throw new Rejection(6, 'The answer has no offers.');
    return row;
  },
  handoff: (row) => ({ token: row.id }),
};
